using System.Runtime.InteropServices;
using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>Hands the same rows to a peer written in Python and takes its answer.</summary>
internal static class PythonPeer
{
    public static void Write(string folder, string part, TrainingTable table)
    {
        Save("x", MemoryMarshal.AsBytes(table.Features.AsSpan()));
        Save("y", MemoryMarshal.AsBytes(table.Labels.AsSpan()));
        if (table.QuerySizes is not null)
            Save("q", MemoryMarshal.AsBytes(table.QuerySizes.AsSpan()));

        void Save(string name, ReadOnlySpan<byte> bytes)
        {
            using var file = File.Create(Path.Combine(folder, $"{part}.{name}"));
            file.Write(bytes);
        }
    }

    /// <summary>The scores of the test rows that the peer left.</summary>
    public static float[] Scores(string folder) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "peer.s"))).ToArray();

    /// <summary>Null when the interpreter or one of its packages is not there; throws when the script fails otherwise.</summary>
    public static async Task<T?> RunAsync<T>(string python, string script, string folder, int threads, params FormattableString[] arguments)
        where T : class
    {
        if (!File.Exists(python))
            return null;
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        // Threads that spin for one another starve where the machine is shared.
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, script));
        start.ArgumentList.Add(folder);
        foreach (var argument in arguments)
            start.ArgumentList.Add(FormattableString.Invariant(argument));
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0)
            return JsonSerializer.Deserialize<T>(output.TrimEnd().Split('\n')[^1], new JsonSerializerOptions(JsonSerializerDefaults.Web));
        return (await errors).Contains("No module named", StringComparison.Ordinal)
            ? null
            : throw new InvalidOperationException($"{script} ended with code {process.ExitCode}: {await errors}");
    }
}

/// <summary>What a peer answers.</summary>
internal sealed record PeerResult(double Seconds, int Trees, int Epochs, string Version);
