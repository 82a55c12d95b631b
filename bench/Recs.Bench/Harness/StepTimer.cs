namespace Recs.Bench.Harness;

/// <summary>
/// Times one step on this thread by stopwatch: warmed up until the code has been compiled again with its profile, then
/// rounds of equal length; the figure is the median round. Allocation is the mean over all rounds.
/// </summary>
internal static class StepTimer
{
    private const int Rounds = 15;

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(800), Round = TimeSpan.FromMilliseconds(100);

    public static void Add(Report report, string name, Action step, params (string Key, object Value)[] about)
    {
        var clock = Stopwatch.GetTimestamp();
        var warmed = 0L;
        for (; Stopwatch.GetElapsedTime(clock) < WarmUp; warmed++)
            step();
        var perRound = Math.Max(1, (int)(warmed * (Round / WarmUp)));
        var times = new double[Rounds];
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            clock = Stopwatch.GetTimestamp();
            for (var n = 0; n < perRound; n++)
                step();
            times[round] = Stopwatch.GetElapsedTime(clock).TotalMicroseconds / perRound;
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        report.Add(name, Percentile.Median(times), "us", [.. about, ("fastest", Math.Round(times.Min(), 3)), ("rounds", Rounds), ("perRound", perRound)]);
        report.Add($"{name}-allocated", bytes / ((double)Rounds * perRound), "bytes", about);
    }
}
