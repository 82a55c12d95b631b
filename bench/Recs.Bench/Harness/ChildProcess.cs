namespace Recs.Bench.Harness;

/// <summary>This program again, in a process of its own; its answer is the last line of its standard output.</summary>
internal static class ChildProcess
{
    public static async Task<T> AskAsync<T>(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Under "dotnet Recs.Bench.dll" the process is the host and the program its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        if (child.ExitCode != 0)
            throw new InvalidOperationException($"{arguments[0]} ended with code {child.ExitCode}: {output}");
        return JsonSerializer.Deserialize<T>(output.TrimEnd().Split('\n')[^1])!;
    }
}
