using Recs.Engine.Retrieval.Vectors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public class VectorFilterTests(ITestOutputHelper output)
{
    private const int Count = 9_000, Dimension = 24, Wanted = 60, Seed = 12;

    [Theory]
    [InlineData(SpaceMetric.InnerProduct), InlineData(SpaceMetric.Cosine), InlineData(SpaceMetric.Euclidean)]
    public void Leaving_out_the_very_best_finds_those_behind_them(SpaceMetric metric)
    {
        var (values, byItem, index) = World(metric);
        var (results, hits) = (new ScoredItem[Wanted], 0);
        for (var q = 0; q < 10; q++)
        {
            var query = values.AsSpan(q * 700 * Dimension, Dimension).ToArray();
            var mask = Worlds.Mask(Count, 1, new Random(1));
            foreach (var seen in VectorWorld.Best(metric, byItem, query, Wanted / 2))
                mask.Remove(seen);
            Assert.Equal(Wanted, index.Search(query, results, mask));
            Assert.All(results, r => Assert.True(mask[r.Item]));
            hits += VectorWorld.Best(metric, byItem, query, Wanted, item => mask[item]).Intersect(results.Select(r => r.Item)).Count();
        }
        Assert.True(hits >= 0.97 * 10 * Wanted, $"seed {Seed}: {hits} of {10 * Wanted}");
    }

    [Theory]
    [InlineData(SpaceMetric.InnerProduct), InlineData(SpaceMetric.Cosine), InlineData(SpaceMetric.Euclidean)]
    public void A_filter_that_follows_the_vectors_keeps_its_recall(SpaceMetric metric)
    {
        // The items that pass lie together, near the query or far from it: lists pass wholly or not at all.
        var (values, byItem, index) = World(metric);
        var results = new ScoredItem[Wanted];
        foreach (var share in new[] { 0.5, 0.1, 0.03 })
        {
            foreach (var sign in new[] { 1, -1 })
            {
                var mask = new ItemMask();
                mask.Reset(Count);
                foreach (var item in byItem.OrderBy(v => sign * v.Value[0]).Take((int)(share * Count)))
                    mask.Add(item.Key);
                var hits = 0;
                for (var q = 0; q < 8; q++)
                {
                    var query = values.AsSpan(q * 900 * Dimension, Dimension).ToArray();
                    Assert.Equal(Wanted, index.Search(query, results, mask));
                    hits += VectorWorld.Best(metric, byItem, query, Wanted, item => mask[item]).Intersect(results.Select(r => r.Item)).Count();
                }
                output.WriteLine($"seed {Seed}: {metric} {sign * share}: {hits} of {8 * Wanted}");
                Assert.True(hits >= 0.95 * 8 * Wanted, $"{hits} of {8 * Wanted} at {sign * share}");
            }
        }
    }

    [Fact]
    public void A_mask_may_cover_fewer_items_or_more_and_removed_ones_stay_away()
    {
        var (values, byItem, index) = World(SpaceMetric.InnerProduct);
        for (var item = 0; item < Count; item += 3)
        {
            index.Remove(item);
            byItem.Remove(item);
        }
        for (var item = Count; item < Count + 50; item++)
            index.Upsert(item, byItem[item] = values.AsSpan((item - Count) * Dimension, Dimension).ToArray());
        var results = new ScoredItem[Wanted];
        foreach (var (length, step) in new[] { (40, 1), (600, 1), (Count / 2, 1), (Count / 2, 9), (4 * Count, 1), (4 * Count, 40), (Count + 50, 2) })
        {
            var mask = new ItemMask();
            mask.Reset(length);
            for (var item = 1; item < length; item += step)
                mask.Add(item);
            var query = values.AsSpan(length * 5 % Count * Dimension, Dimension).ToArray();
            var expected = VectorWorld.Best(SpaceMetric.InnerProduct, byItem, query, Wanted, item => mask[item]);
            var found = index.Search(query, results, mask);
            Assert.Equal(expected.Length, found);
            Assert.True(expected.Intersect(results.Take(found).Select(r => r.Item)).Count() >= 0.95 * found, $"{length} by {step}");
            Assert.Equal(found, index.Search(query, results, mask, SearchEffort.Everything));
            Assert.Equal(expected, results.Take(found).Select(r => r.Item));
        }
    }

    [Fact]
    public void Reach_falls_as_a_filter_narrows_and_an_exhaustive_search_stays_exhaustive()
    {
        var effort = new SearchEffort(int.MaxValue, 3, 2, 1.3f) { NarrowReach = 1.8f };
        Assert.Equal(3, effort.Under(1).Reach);
        Assert.Equal(1.8f, effort.Under(0.1).Reach, 5);
        // 3 - 1.2 x sqrt(0.30103) = 3 - 1.2 x 0.54866
        Assert.Equal(2.34161f, effort.Under(0.5).Reach, 4);
        Assert.Equal(1.3f, effort.Under(0.01).Reach, 5);
        Assert.Equal(1, effort.Under(0).Reach);
        Assert.Equal(SearchEffort.Thorough, SearchEffort.Thorough.Under(0.1));
    }

    private static (float[] Values, Dictionary<int, float[]> ByItem, VectorIndex Index) World(SpaceMetric metric)
    {
        var values = VectorWorld.Vectors(Count, Dimension, Seed);
        return (values, VectorWorld.ByItem(values, Dimension),
            VectorWorld.Build(values, Dimension, metric, new VectorIndexOptions { MergeInBackground = false }));
    }
}
