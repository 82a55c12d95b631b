using System.Runtime.InteropServices;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>Times all queries of a set on one or more threads; the fastest of three rounds.</summary>
internal static class RetrievalTimer
{
    private const int Rounds = 3, ThreadCpuClock = 3;

    public static (double Qps, double CpuQps, double AllocatedPerQuery) Best(VectorIndex index, VectorSet set, SearchEffort effort, int threads)
    {
        var (seconds, cpu, allocated) = (double.MaxValue, double.MaxValue, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var results = new (double Cpu, long Allocated)[threads];
            using var start = new Barrier(threads + 1);
            var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
            {
                var found = new ScoredItem[VectorSet.Wanted];
                index.Search(set.Query(0), found, null, effort);
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
            seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(begun).TotalSeconds);
            cpu = Math.Min(cpu, results.Sum(r => r.Cpu));
            allocated = results.Sum(r => r.Allocated);
        }

        return (set.QueryCount / seconds, cpu > 0 && double.IsFinite(cpu) ? set.QueryCount / cpu : 0, allocated / (double)set.QueryCount);
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
