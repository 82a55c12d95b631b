using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// Our index and its peers on the same vectors: recall, queries a second, build seconds and bytes a vector for every
/// point, then the ratio at equal recall, read off both curves. Rounds of ours and of peers that take turns
/// (<c>--peer-program</c>) alternate and each point keeps its fastest. <c>--brief</c> tries every fifth setting,
/// set f is a model's factors as a page searches them, <c>--life</c> measures what writes and files cost. Queries are asked one at a time by each thread, as a server asks them.
/// What a second thread gives is measured apart, in at most <c>--pairs</c> pairs of short windows.
/// </summary>
internal static class RetrievalSuite
{
    private static readonly double[] Targets = [0.95, 0.99];

    private static readonly SearchEffort[] Efforts =
    [
        .. from reach in new[] { 1.2f, 1.4f, 1.6f, 1.8f, 2f, 2.5f, 3f }
           from depth in new[] { (1.3f, 1.05f), (1.5f, 1.12f), (1.8f, 1.2f), (2.2f, 1.35f), (3f, 1.5f), (4f, 2f) }
           select new SearchEffort(int.MaxValue, reach, depth.Item1, depth.Item2),
    ];

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var full = arguments.Flag("full");
        var queries = arguments.Number("queries", 10_000, 100, 10_000);
        var sets = arguments.Text("sets", "a,b,c,f").Split(',');
        var rounds = arguments.Number("rounds", 3, 1, 100);
        var peerFiles = arguments.Text("peer", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var programs = arguments.Text("peer-program", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var life = arguments.Flag("life");
        var updates = arguments.Number("updates", 1_000_000, 1_000);
        var pairs = arguments.Number("pairs", 40, RetrievalScaling.Fewest, 10_000);
        var peers = arguments.Text("peers", "hnswlib,faiss").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var folder = arguments.Text("data", "");
        var efforts = arguments.Flag("brief") ? [.. Efforts.Where((_, n) => n % 5 == 0)] : Efforts;
        arguments.RefuseOthers();

        using var work = new WorkFolder(folder);
        foreach (var name in sets)
        {
            var set = name switch
            {
                "a" => VectorSet.Fashion(queries),
                "b" => VectorSet.Factors(queries, seed),
                "f" => null,
                "c" => VectorSet.Hard(full ? 1_000_000 : 300_000, Math.Min(queries, 2_000), seed),
                _ => throw new ArgumentException($"--sets held '{name}'; known are a, b, c and f."),
            };
            if (name == "f")
            {
                foreach (var items in new[] { 20_000, 100_000 })
                    RetrievalFactors.Add(items, seed, report);
                continue;
            }

            if (set is null)
            {
                Console.WriteLine("set a is left out: Debian's package dataset-fashion-mnist is not installed.");
                continue;
            }

            Console.WriteLine($"set {set.Name}: {set.About}; {set.Count:N0} vectors, {set.QueryCount:N0} queries, recall@{VectorSet.Wanted}");
            set.Write(work.Of(set.Name));
            var points = new List<RetrievalPoint>();
            var takers = programs.Select(program => new PeerTurns(program, set, work.Of(set.Name))).ToArray();
            try
            {
                foreach (var taker in takers)
                    points.AddRange(taker.Take());
                var index = Build(set, seed, out var build);
                for (var round = 0; round < rounds; round++)
                {
                    points.AddRange(Ours(index, set, efforts, build));
                    if (round + 1 < rounds)
                        points.AddRange(takers.SelectMany(taker => taker.Take()));
                }

                Console.WriteLine($"  load average {Machine.LoadAverage()}");
                foreach (var target in Targets)
                {
                    var reaching = points.Where(p => p.Peer == "ours" && p.Threads == 1 && p.Recall >= target).MaxBy(p => p.CpuQps);
                    if (reaching is not null)
                        RetrievalScaling.Add(index, set, efforts.First(e => NameOf(e) == reaching.Params), target, pairs, report);
                }

                RetrievalFilters.Add(index, set, seed, report);
                if (life && set.Name == "c")
                    RetrievalLife.Add(index, set, updates, seed, work.Of("life"), report);
            }
            finally
            {
                foreach (var taker in takers)
                    taker.Dispose();
            }

            points.AddRange(await RetrievalPeers.RunAsync(set, work.Of(set.Name), peers));
            points.AddRange(peerFiles.SelectMany(file => RetrievalPeers.Read(file, set.Name)));
            points = [.. points.GroupBy(p => (p.Peer, p.Params, p.Threads)).Select(g => g.First() with { Qps = g.Max(p => p.Qps), CpuQps = g.Max(p => p.CpuQps) })];
            Show(set, points, report);
        }

        return 0;
    }

    private static VectorIndex Build(VectorSet set, int seed, out double seconds)
    {
        var clock = Stopwatch.GetTimestamp();
        var index = VectorIndex.Build(
            new VectorSpace("bench", set.Dimension, set.Metric), Enumerable.Range(0, set.Count).ToArray(), set.Base, new VectorIndexOptions { Seed = seed });
        seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        Console.WriteLine($"  ours: kernel {index.Kernel}, built in {seconds:F1} s, {index.MemoryBytes / (double)set.Count:F0} bytes a vector");
        for (var q = 0; q < Math.Min(500, set.QueryCount); q++)
            index.Search(set.Query(q), new ScoredItem[VectorSet.Wanted]);
        return index;
    }

    private static IEnumerable<RetrievalPoint> Ours(VectorIndex index, VectorSet set, SearchEffort[] efforts, double build)
    {
        foreach (var effort in efforts)
        {
            var (hits, hits10) = Hits(index, set, effort);
            for (var threads = 1; threads <= 2; threads++)
            {
                var (qps, cpuQps, allocated) = RetrievalTimer.Run(index, set, effort, threads);
                yield return new RetrievalPoint("ours", NameOf(effort),
                    hits / (100.0 * set.QueryCount), qps, build, index.MemoryBytes / (double)set.Count)
                { Recall10 = hits10 / (10.0 * set.QueryCount), Threads = threads, CpuQps = cpuQps, AllocatedPerQuery = allocated };
            }
        }
    }

    private static string NameOf(SearchEffort effort) =>
        string.Create(CultureInfo.InvariantCulture, $"reach={effort.Reach} shortlist={effort.Shortlist} exact={effort.Exact}");

    private static (long Hits, long Hits10) Hits(VectorIndex index, VectorSet set, SearchEffort effort)
    {
        var (found, marks) = (new ScoredItem[VectorSet.Wanted], new Dictionary<int, int>());
        var (hits, hits10) = (0L, 0L);
        for (var q = 0; q < set.QueryCount; q++)
        {
            marks.Clear();
            for (var n = 0; n < VectorSet.Wanted; n++)
                marks[set.Truth[q * VectorSet.Wanted + n]] = n;
            var count = index.Search(set.Query(q), found, null, effort);
            for (var n = 0; n < count; n++)
            {
                if (!marks.TryGetValue(found[n].Item, out var place))
                    continue;
                hits++;
                hits10 += n < 10 && place < 10 ? 1 : 0;
            }
        }

        return (hits, hits10);
    }

    private static void Show(VectorSet set, List<RetrievalPoint> points, Report report)
    {
        Console.WriteLine($"  {"peer",-40} {"parameters",-44} thr  recall@10  recall@100      q/s  q/cpu-s   build s  bytes  alloc");
        foreach (var p in points)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {p.Peer,-40} {p.Params,-44} {p.Threads,3}  {p.Recall10,9:F4}  {p.Recall,10:F4} {p.Qps,8:F0} {p.CpuQps,8:F0} {p.BuildSeconds,9:F1} {p.BytesPerVector,6:F0} {p.AllocatedPerQuery,6:F0}"));
        }

        foreach (var target in Targets)
        {
            (string, object)[] about = [("set", set.Name), ("recall", target)];
            var ours = points.Where(p => p.Peer == "ours").ToLookup(p => p.Threads);
            foreach (var (threads, name) in new[] { (1, "one"), (2, "two") })
            {
                if (At(ours[threads], target, cpu: false) is { } qps && At(ours[threads], target, cpu: true) is { } cpuQps)
                {
                    report.Add($"{set.Name}-qps-{name}-at-{target}", qps, "queries/s", about);
                    report.Add($"{set.Name}-cpu-qps-{name}-at-{target}", cpuQps, "queries/CPU s", about);
                }
            }

            if (At(ours[1], target, cpu: false) is { } one && At(ours[2], target, cpu: false) is { } two)
                report.Add($"{set.Name}-two-threads-at-{target}", two / one, "x", about);
            if (At(ours[1], target, cpu: true) is { } alone && At(ours[2], target, cpu: true) is { } together)
                report.Add($"{set.Name}-two-threads-by-cpu-at-{target}", 2 * together / alone, "x", about);
            foreach (var peer in points.Where(p => p.Peer != "ours").GroupBy(p => (p.Peer, p.Threads)))
            {
                foreach (var cpu in new[] { false, true })
                {
                    if (At(peer, target, cpu) is not { } theirs || At(ours[peer.Key.Threads], target, cpu) is not { } mine)
                        continue;
                    report.Add($"{set.Name}-{(cpu ? "cpu-" : "")}ratio-at-{target}", mine / theirs, "x",
                        [.. about, ("peer", peer.Key.Peer), ("threads", peer.Key.Threads), ("peerQps", Math.Round(theirs))]);
                }
            }
        }
    }

    private static double? At(IEnumerable<RetrievalPoint> points, double recall, bool cpu) =>
        RecallCurve.At(points.Select(p => (p.Recall, cpu ? p.CpuQps : p.Qps)), recall);
}
