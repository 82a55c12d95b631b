using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Tests.Retrieval.Vectors;

namespace Recs.Engine.Tests.Retrieval;

public class FactorIndexTests
{
    [Theory]
    [InlineData(0), InlineData(int.MaxValue)]
    public void Finds_the_best_eligible_items_listed_or_scanned(int listedRows)
    {
        const int Items = 6_000, Rank = 24, Wanted = 60;
        var factors = Worlds.Factors(Items, Rank, 11);
        var index = new FactorIndex(factors, listedRows);
        Assert.Equal(Items, index.Count);
        Assert.Equal(Rank, index.Dimension);
        var byItem = VectorWorld.ByItem(factors.Values, Rank);
        var (random, results) = (new Random(11), new ScoredItem[Wanted]);
        foreach (var (asked, metric) in new[] { (VectorMetric.InnerProduct, SpaceMetric.InnerProduct), (VectorMetric.Cosine, SpaceMetric.Cosine) })
        {
            foreach (var share in new[] { 1.0, 0.2, 0.003 })
            {
                var hits = 0;
                var wanted = 0;
                for (var q = 0; q < 5; q++)
                {
                    var (query, mask) = (Worlds.Query(Rank, random), Worlds.Mask(Items, share, random));
                    var expected = VectorWorld.Best(metric, byItem, query, Wanted, item => mask[item]);
                    var found = index.Search(query, asked, mask, results);
                    Assert.Equal(expected.Length, found);
                    hits += expected.Intersect(results.Take(found).Select(r => r.Item)).Count();
                    wanted += found;
                }
                Assert.True(hits >= 0.98 * wanted, $"seed 11, {metric} at {share}: {hits} of {wanted}");
            }
        }
    }
}
