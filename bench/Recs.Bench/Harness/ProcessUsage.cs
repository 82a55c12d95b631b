namespace Recs.Bench.Harness;

/// <summary>CPU time and memory of a process, from /proc.</summary>
/// <param name="Cpu">User and system time so far.</param>
/// <param name="ResidentBytes">Working set now.</param>
/// <param name="PeakResidentBytes">Largest working set so far.</param>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes, long PeakResidentBytes)
{
    public static ProcessUsage Of(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Refresh();
        return new ProcessUsage(process.TotalProcessorTime, process.WorkingSet64, Peak(processId));
    }

    public static ProcessUsage Own() => Of(Environment.ProcessId);

    private static long Peak(int processId)
    {
        var file = $"/proc/{processId}/status";
        if (!File.Exists(file))
            return 0;
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }
}
