using System.Runtime.InteropServices;
using Recs.Bench.Worlds;
using Recs.Training.Factorization;

namespace Recs.Bench.Suites;

/// <summary>What bench/peers/als_numpy.py answers.</summary>
internal sealed record NumpyResult(string Mode, double[] Seconds, double[] Losses, long PeakKib, string Numpy, string Blas);

/// <summary>Hands the same entries and first factors to the NumPy implementation.</summary>
internal static class NumpyPeer
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void Write(string folder, RatingsData data, float[] firstItemFactors)
    {
        Save("users.i32", MemoryMarshal.AsBytes(data.Users.AsSpan()));
        Save("items.i32", MemoryMarshal.AsBytes(data.Items.AsSpan()));
        Save("strengths.f32", MemoryMarshal.AsBytes(data.Strengths.AsSpan()));
        Save("first.f32", MemoryMarshal.AsBytes(firstItemFactors.AsSpan()));

        void Save(string name, ReadOnlySpan<byte> bytes)
        {
            using var file = File.Create(Path.Combine(folder, name));
            file.Write(bytes);
        }
    }

    /// <summary>Null when there is no such interpreter or no NumPy; throws when the script fails otherwise.</summary>
    public static async Task<NumpyResult?> RunAsync(
        string python, string folder, RatingsData data, AlsOptions options, int epochs, string mode)
    {
        if (!File.Exists(python))
            return null;
        var script = Path.Combine(AppContext.BaseDirectory, "als_numpy.py");
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, RedirectStandardError = true };
        FormattableString[] all =
        [
            $"{script}", $"{folder}", $"--rank={options.Rank}", $"--epochs={epochs}", $"--threads={options.Threads}",
            $"--alpha={options.Alpha}", $"--unobserved={options.UnobservedWeight}", $"--ridge={options.Lambda}",
            $"--exponent={options.RegularizationExponent}", $"--users={data.UserCount}", $"--items={data.ItemCount}", $"--mode={mode}",
        ];
        foreach (var argument in all)
            start.ArgumentList.Add(FormattableString.Invariant(argument));
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0)
            return JsonSerializer.Deserialize<NumpyResult>(output.TrimEnd().Split('\n')[^1], Json);
        return (await errors).Contains("No module named 'numpy'", StringComparison.Ordinal)
            ? null
            : throw new InvalidOperationException($"als_numpy.py ended with code {process.ExitCode}: {await errors}");
    }
}
