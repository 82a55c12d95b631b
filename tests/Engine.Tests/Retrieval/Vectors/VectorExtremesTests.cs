using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public class VectorExtremesTests
{
    public static TheoryData<SpaceMetric, int> MetricsAndDimensions
    {
        get
        {
            var data = new TheoryData<SpaceMetric, int>();
            foreach (var metric in Enum.GetValues<SpaceMetric>())
            {
                foreach (var dimension in new[] { 1, 16, 17, 1_024 })
                    data.Add(metric, dimension);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(MetricsAndDimensions))]
    public void Zero_vectors_and_equal_ones_are_found_like_any_other(SpaceMetric metric, int dimension)
    {
        const int Count = 700;
        var values = VectorWorld.Vectors(Count, dimension, 40);
        // A third are zero, a third one and the same vector.
        for (var item = 0; item < Count; item++)
        {
            if (item % 3 == 0)
                values.AsSpan(item * dimension, dimension).Clear();
            else if (item % 3 == 1)
                values.AsSpan(dimension, dimension).CopyTo(values.AsSpan(item * dimension));
        }
        var byItem = VectorWorld.ByItem(values, dimension);
        var index = VectorWorld.Build(values, dimension, metric, new VectorIndexOptions { Lists = 16 });
        foreach (var query in new[] { values.AsSpan(2 * dimension, dimension).ToArray(), new float[dimension] })
        {
            var results = new ScoredItem[Count + 5];
            Assert.Equal(Count, index.Search(query, results));
            Assert.Equal(Enumerable.Range(0, Count), results.Take(Count).Select(r => r.Item).Order());
            foreach (var (item, score) in results.Take(Count))
            {
                var exact = VectorWorld.Score(metric, query, byItem[item]);
                Assert.InRange(score, exact - 1e-4 - 1e-5 * Math.Abs(exact), exact + 1e-4 + 1e-5 * Math.Abs(exact));
            }
            Assert.Equal(50, index.Search(query, results.AsSpan(0, 50)));
        }
    }

    [Theory]
    [InlineData(SpaceMetric.InnerProduct), InlineData(SpaceMetric.Cosine), InlineData(SpaceMetric.Euclidean)]
    public void The_largest_legal_values_give_finite_scores_and_larger_ones_are_refused(SpaceMetric metric)
    {
        const int Count = 900, Dimension = 16;
        var values = VectorWorld.Vectors(Count, Dimension, 41);
        var most = values.Max(Math.Abs);
        for (var n = 0; n < values.Length; n++)
            values[n] *= VectorSpace.MaxMagnitude / most * 0.999f;
        var index = VectorWorld.Build(values, Dimension, metric);
        var results = new ScoredItem[40];
        var query = values.AsSpan(64, Dimension).ToArray();
        Assert.Equal(40, index.Search(query, results));
        Assert.All(results, r => Assert.True(float.IsFinite(r.Score)));
        var expected = VectorWorld.Best(metric, VectorWorld.ByItem(values, Dimension), query, 40);
        Assert.True(expected.Intersect(results.Select(r => r.Item)).Count() >= 38);

        foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 2 * VectorSpace.MaxMagnitude, -1e30f })
        {
            query[7] = bad;
            Assert.Contains("vector", Assert.Throws<RecommenderException>(() => index.Upsert(3, query)).Message, StringComparison.Ordinal);
            Assert.Throws<RecommenderException>(() => index.Search(query, new ScoredItem[3]));
            Assert.Throws<RecommenderException>(() => VectorIndex.Build(index.Space, [1], query));
        }
        Assert.Equal(Count, index.Count);
    }
}
