using System.Runtime.InteropServices;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>Times all queries of a set on one or more threads, once.</summary>
internal static class RetrievalTimer
{
    // Searches of each thread before it is timed: its working memory grows to what the set needs.
    private const int WarmUps = 100;

    private const int ThreadCpuClock = 3;

    public static (double Qps, double CpuQps, double AllocatedPerQuery) Run(VectorIndex index, VectorSet set, SearchEffort effort, int threads)
    {
        var results = new (double Cpu, long Allocated)[threads];
        using var start = new Barrier(threads + 1);
        var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            var found = new ScoredItem[VectorSet.Wanted];
            for (var q = 0; q < Math.Min(WarmUps, set.QueryCount); q++)
                index.Search(set.Query(q), found, null, effort);
            start.SignalAndWait();
            var (clock, bytes) = (CpuSeconds(), GC.GetAllocatedBytesForCurrentThread());
            for (var q = t; q < set.QueryCount; q += threads)
                index.Search(set.Query(q), found, null, effort);
            results[t] = (CpuSeconds() - clock, GC.GetAllocatedBytesForCurrentThread() - bytes);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();
        start.SignalAndWait();
        var begun = Stopwatch.GetTimestamp();
        foreach (var worker in workers)
            worker.Join();
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var cpu = results.Sum(r => r.Cpu);
        return (set.QueryCount / seconds, cpu > 0 ? set.QueryCount / cpu : 0, results.Sum(r => r.Allocated) / (double)set.QueryCount);
    }

    /// <summary>CPU time of this thread; NaN where the system does not say.</summary>
    public static double CpuSeconds()
    {
        Span<long> time = stackalloc long[2];
        return OperatingSystem.IsLinux() && GetTime(ThreadCpuClock, ref time[0]) == 0 ? time[0] + time[1] * 1e-9 : double.NaN;
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, ref long time);
}
