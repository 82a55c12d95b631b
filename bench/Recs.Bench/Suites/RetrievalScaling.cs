using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// What a second thread gives, by the wall clock, on a machine that others use: short windows of one thread and of two take turns,
/// and only those count in which neither the host nor other processes took more than a twentieth of the cores' time. Where too few were as quiet
/// as that, nothing is claimed.
/// </summary>
internal static class RetrievalScaling
{
    /// <summary>Of all cores' time in a window, what may be stolen by the host or used by other processes.</summary>
    public const double QuietShare = 0.05;

    /// <summary>Quiet windows of each kind below which no ratio is shown, and at which measuring ends.</summary>
    public const int Fewest = 8, Enough = 24;

    private const double WindowSeconds = 0.4;

    public static void Add(VectorIndex index, VectorSet set, SearchEffort effort, double recall, int pairs, Report report)
    {
        var (one, two) = (new List<Window>(), new List<Window>());
        for (var pair = 0; pair < pairs && (one.Count(w => w.Quiet) < Enough || two.Count(w => w.Quiet) < Enough); pair++)
        {
            one.Add(Measure(index, set, effort, 1));
            two.Add(Measure(index, set, effort, 2));
        }

        var (oneKept, twoKept) = (one.Where(w => w.Quiet).ToList(), two.Where(w => w.Quiet).ToList());
        var shown = oneKept.Count >= Fewest && twoKept.Count >= Fewest;
        (string, object)[] about =
        [
            ("set", set.Name), ("recall", recall), ("windowSeconds", WindowSeconds), ("quietShare", QuietShare),
            ("oneKept", oneKept.Count), ("oneDropped", one.Count - oneKept.Count), ("twoKept", twoKept.Count), ("twoDropped", two.Count - twoKept.Count),
            ("stolenMedian", Math.Round(Median([.. one, .. two], w => w.Stolen), 3)), ("othersMedian", Math.Round(Median([.. one, .. two], w => w.Others), 3)),
        ];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  one thread and two at recall {recall:F3}: {oneKept.Count} of {one.Count} and {twoKept.Count} of {two.Count} windows were quiet ({QuietShare:P0} taken or less)"));
        report.Add($"{set.Name}-scaling-by-cpu-at-{recall:F2}", 2 * Median(two, w => w.CpuQps) / Median(one, w => w.CpuQps), "x", about);
        if (!shown)
        {
            Console.WriteLine($"  scaling by the wall clock: not shown, {Fewest} quiet windows of each kind are needed");
            return;
        }

        report.Add($"{set.Name}-scaling-by-wall-at-{recall:F2}", Median(twoKept, w => w.Qps) / Median(oneKept, w => w.Qps), "x", about);
        report.Add($"{set.Name}-quiet-qps-one-at-{recall:F2}", Median(oneKept, w => w.Qps), "queries/s", about);
        report.Add($"{set.Name}-quiet-qps-two-at-{recall:F2}", Median(twoKept, w => w.Qps), "queries/s", about);
    }

    private static Window Measure(VectorIndex index, VectorSet set, SearchEffort effort, int threads)
    {
        var (queries, cpu, seconds) = (new long[threads], new double[threads], new double[threads]);
        using var start = new Barrier(threads + 1);
        var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            var found = new ScoredItem[VectorSet.Wanted];
            var q = t * set.QueryCount / 2;
            for (var warm = 0; warm < 50; warm++)
                index.Search(set.Query((q + warm) % set.QueryCount), found, null, effort);
            start.SignalAndWait();
            var (begun, used) = (Stopwatch.GetTimestamp(), RetrievalTimer.CpuSeconds());
            var end = begun + (long)(WindowSeconds * Stopwatch.Frequency);
            long now;
            do
            {
                index.Search(set.Query(q), found, null, effort);
                q = q + 1 == set.QueryCount ? 0 : q + 1;
                queries[t]++;
                now = Stopwatch.GetTimestamp();
            }
            while (now < end);
            (cpu[t], seconds[t]) = (RetrievalTimer.CpuSeconds() - used, (now - begun) / (double)Stopwatch.Frequency);
        })).ToArray();
        foreach (var worker in workers)
            worker.Start();
        start.SignalAndWait();
        var before = MachineShare.Now();
        foreach (var worker in workers)
            worker.Join();
        var (stolen, others) = MachineShare.Now().Since(before);
        return new Window(queries.Select((n, t) => n / seconds[t]).Sum(), queries.Sum() / cpu.Sum(), stolen, others);
    }

    private static double Median(List<Window> windows, Func<Window, double> of)
    {
        var values = windows.Select(of).Order().ToArray();
        return (values[values.Length / 2] + values[(values.Length - 1) / 2]) / 2;
    }

    private sealed record Window(double Qps, double CpuQps, double Stolen, double Others)
    {
        /// <summary>False also where the system does not say.</summary>
        public bool Quiet => Stolen + Others <= QuietShare;
    }
}
