using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// Our index and its peers on the same vectors: recall, queries a second, build seconds and bytes a vector for every
/// point, then the ratio at equal recall. <c>--brief</c> tries every fourth setting. Queries are asked one at a time by each thread, as a server asks them.
/// </summary>
internal static class RetrievalSuite
{
    private static readonly double[] Targets = [0.95, 0.99];

    private static readonly SearchEffort[] Efforts =
    [
        .. from reach in new[] { 1.2f, 1.4f, 1.6f, 1.8f, 2f, 2.5f, 3f }
           from depth in new[] { (1.3f, 1.05f), (1.5f, 1.12f), (1.8f, 1.2f), (2.2f, 1.35f), (3f, 1.5f) }
           select new SearchEffort(int.MaxValue, reach, depth.Item1, depth.Item2),
    ];

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var full = arguments.Flag("full");
        var queries = arguments.Number("queries", 10_000, 100, 10_000);
        var sets = arguments.Text("sets", "a,b,c").Split(',');
        var peerFile = arguments.Text("peer", "");
        var peers = arguments.Text("peers", "hnswlib,faiss").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var folder = arguments.Text("data", "");
        var efforts = arguments.Flag("brief") ? [.. Efforts.Where((_, n) => n % 4 == 0)] : Efforts;
        arguments.RefuseOthers();

        using var work = new WorkFolder(folder);
        foreach (var name in sets)
        {
            var set = name switch
            {
                "a" => VectorSet.Fashion(queries),
                "b" => VectorSet.Factors(queries, seed),
                "c" => VectorSet.Hard(full ? 1_000_000 : 300_000, Math.Min(queries, 2_000), seed),
                _ => throw new ArgumentException($"--sets held '{name}'; known are a, b and c."),
            };
            if (set is null)
            {
                Console.WriteLine("set a is left out: Debian's package dataset-fashion-mnist is not installed.");
                continue;
            }

            Console.WriteLine($"set {set.Name}: {set.About}; {set.Count:N0} vectors, {set.QueryCount:N0} queries, recall@{VectorSet.Wanted}");
            set.Write(work.Of(set.Name));
            var points = Ours(set, seed, efforts, report);
            points.AddRange(await RetrievalPeers.RunAsync(set, work.Of(set.Name), peers));
            points.AddRange(RetrievalPeers.Read(peerFile, set.Name));
            Show(set, points, report);
        }

        return 0;
    }

    private static List<RetrievalPoint> Ours(VectorSet set, int seed, SearchEffort[] efforts, Report report)
    {
        var clock = Stopwatch.GetTimestamp();
        var index = VectorIndex.Build(
            new VectorSpace("bench", set.Dimension, set.Metric), Enumerable.Range(0, set.Count).ToArray(), set.Base, new VectorIndexOptions { Seed = seed });
        var build = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        Console.WriteLine($"  ours: kernel {index.Kernel}, built in {build:F1} s, {index.MemoryBytes / (double)set.Count:F0} bytes a vector");
        var points = new List<RetrievalPoint>();
        for (var q = 0; q < Math.Min(500, set.QueryCount); q++)
            index.Search(set.Query(q), new ScoredItem[VectorSet.Wanted]);
        foreach (var effort in efforts)
        {
            var (hits, hits10) = Hits(index, set, effort);
            for (var threads = 1; threads <= 2; threads++)
            {
                var (qps, cpuQps, allocated) = RetrievalTimer.Best(index, set, effort, threads);
                points.Add(new RetrievalPoint("ours", string.Create(CultureInfo.InvariantCulture, $"reach={effort.Reach} shortlist={effort.Shortlist} exact={effort.Exact}"),
                    hits / (100.0 * set.QueryCount), qps, build, index.MemoryBytes / (double)set.Count)
                { Recall10 = hits10 / (10.0 * set.QueryCount), Threads = threads, CpuQps = cpuQps, AllocatedPerQuery = allocated });
            }
        }

        RetrievalFilters.Add(index, set, seed, report);
        return points;
    }

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
            var ours = Best(points.Where(p => p.Peer == "ours" && p.Threads == 1), target);
            var two = Best(points.Where(p => p.Peer == "ours" && p.Threads == 2), target);
            if (ours is null)
                continue;
            (string, object)[] about = [("set", set.Name), ("recall", target), ("params", ours.Params), ("reached", Math.Round(ours.Recall, 4))];
            report.Add($"{set.Name}-qps-at-{target}", ours.Qps, "queries/s", [.. about, ("cpuQps", Math.Round(ours.CpuQps))]);
            if (two is not null)
                report.Add($"{set.Name}-two-threads-at-{target}", two.Qps / ours.Qps, "x", about);
            foreach (var peer in points.Where(p => p.Peer != "ours" && p.Threads == 1).GroupBy(p => p.Peer))
            {
                if (Best(peer, target) is not { } theirs)
                    continue;
                (string, object)[] with = [.. about, ("peer", peer.Key), ("peerParams", theirs.Params), ("peerRecall", theirs.Recall), ("peerQps", theirs.Qps)];
                report.Add($"{set.Name}-ratio-at-{target}", ours.Qps / theirs.Qps, "x", with);
                if (theirs.CpuQps > 0)
                    report.Add($"{set.Name}-cpu-ratio-at-{target}", ours.CpuQps / theirs.CpuQps, "x", with);
            }
        }
    }

    private static RetrievalPoint? Best(IEnumerable<RetrievalPoint> points, double target) =>
        points.Where(p => p.Recall >= target).MaxBy(p => p.CpuQps > 0 ? p.CpuQps : p.Qps);
}
