using Recs.Engine.Retrieval.Vectors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public class VectorCalibrationTests(ITestOutputHelper output)
{
    private const int Count = 8_000, Dimension = 24, Wanted = 50;

    [Theory]
    [InlineData(SpaceMetric.InnerProduct), InlineData(SpaceMetric.Cosine), InlineData(SpaceMetric.Euclidean)]
    public void The_calibrated_effort_finds_the_share_that_was_asked_for_on_other_queries(SpaceMetric metric)
    {
        var values = VectorWorld.Vectors(Count + 150, Dimension, 21);
        var (items, byItem) = (values[..(Count * Dimension)], VectorWorld.ByItem(values[..(Count * Dimension)], Dimension));
        var index = VectorWorld.Build(items, Dimension, metric);
        var results = new ScoredItem[Wanted];
        foreach (var target in new[] { 0.8, 0.95, 0.99 })
        {
            var effort = index.Calibrate(values.AsSpan(Count * Dimension, 100 * Dimension), Wanted, target);
            Assert.Equal(effort, index.Effort);
            var hits = 0;
            for (var q = 0; q < 50; q++)
            {
                var query = values.AsSpan((Count + 100 + q) * Dimension, Dimension).ToArray();
                index.Search(query, results);
                hits += VectorWorld.Best(metric, byItem, query, Wanted).Intersect(results.Select(r => r.Item)).Count();
            }
            output.WriteLine($"seed 21: {metric} {target}: {hits / (50.0 * Wanted)} with {effort}");
            Assert.True(hits / (50.0 * Wanted) >= target - 0.03, $"{target}: {hits / (50.0 * Wanted)}");
        }
    }

    [Fact]
    public void More_recall_takes_more_reach_and_a_target_calibrates_whenever_the_index_learns()
    {
        var values = VectorWorld.Vectors(Count, Dimension, 22);
        var low = VectorWorld.Build(values, Dimension, SpaceMetric.InnerProduct, new VectorIndexOptions { TargetRecall = 0.8 });
        var high = VectorWorld.Build(values, Dimension, SpaceMetric.InnerProduct, new VectorIndexOptions { TargetRecall = 0.99 });
        Assert.True(low.Effort.Reach < high.Effort.Reach);
        Assert.True(low.Effort.NarrowReach <= low.Effort.Reach);
        var later = new VectorIndex(new VectorSpace("test", Dimension, SpaceMetric.InnerProduct), new VectorIndexOptions { TargetRecall = 0.8, MergeInBackground = false });
        for (var item = 0; item < 3_000; item++)
            later.Upsert(item, values.AsSpan(item * Dimension, Dimension));
        later.Rebuild();
        Assert.NotEqual(SearchEffort.Default, later.Effort);
    }

    [Fact]
    public void A_snapshot_keeps_the_effort()
    {
        var path = Path.GetTempFileName();
        var index = VectorWorld.Build(VectorWorld.Vectors(3_000, Dimension, 23), Dimension, SpaceMetric.Cosine, new VectorIndexOptions { TargetRecall = 0.9 });
        Assert.NotEqual(SearchEffort.Default, index.Effort);
        index.Save(path);
        Assert.Equal(index.Effort, VectorIndex.Open(path).Effort);
        index.Effort = SearchEffort.Thorough;
        index.Save(path);
        Assert.Equal(SearchEffort.Thorough, VectorIndex.Open(path).Effort);
        File.Delete(path);
    }

    [Fact]
    public void Refuses_a_recall_that_cannot_be()
    {
        var index = new VectorIndex(new VectorSpace("test", 2, SpaceMetric.InnerProduct));
        foreach (var recall in new[] { -0.1, 0, 1, 1.5, double.NaN })
        {
            Assert.Throws<RecommenderException>(() => index.Calibrate([1, 2], 10, recall));
            if (recall != 0)
                Assert.Throws<RecommenderException>(() => new VectorIndex(index.Space, new VectorIndexOptions { TargetRecall = recall }));
        }
        Assert.Throws<RecommenderException>(() => index.Calibrate([1, 2, 3], 10, 0.9));
        Assert.Throws<RecommenderException>(() => index.Calibrate([1, 2], 0, 0.9));
    }
}
