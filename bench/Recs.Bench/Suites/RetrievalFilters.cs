using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>Recall and time of searches under a filter, by the share of items that pass; against scoring them all.</summary>
internal static class RetrievalFilters
{
    public static void Add(VectorIndex index, VectorSet set, int seed, Report report)
    {
        var queries = Math.Min(100, set.QueryCount);
        foreach (var share in new[] { 1, 0.5, 0.1, 0.01, 0.001, 0.0001 })
        {
            var (random, mask) = (new Random(seed), new ItemMask());
            mask.Reset(set.Count);
            for (var item = 0; item < set.Count; item++)
            {
                if (random.NextDouble() < share)
                    mask.Add(item);
            }

            var (found, truth) = (new ScoredItem[VectorSet.Wanted], new ScoredItem[VectorSet.Wanted]);
            var (hits, wanted, best) = (0, 0, double.MaxValue);
            for (var q = 0; q < queries; q++)
            {
                var count = index.Search(set.Query(q), truth, mask, SearchEffort.Everything);
                var right = truth.Take(count).Select(t => t.Item).ToHashSet();
                wanted += count;
                hits += found.Take(index.Search(set.Query(q), found, mask)).Count(f => right.Contains(f.Item));
            }

            for (var round = 0; round < 9; round++)
            {
                var clock = RetrievalTimer.CpuSeconds();
                for (var q = 0; q < queries; q++)
                    index.Search(set.Query(q), found, mask);
                best = Math.Min(best, RetrievalTimer.CpuSeconds() - clock);
            }

            (string, object)[] about = [("set", set.Name), ("share", share), ("passing", mask.CountSet()), ("queries", queries), ("seed", seed)];
            report.Add($"{set.Name}-filter-recall-at-{share:P2}", wanted == 0 ? 1 : hits / (double)wanted, "recall@100", about);
            report.Add($"{set.Name}-filter-time-at-{share:P2}", best / queries * 1e6, "us of CPU", about);
        }
    }
}
