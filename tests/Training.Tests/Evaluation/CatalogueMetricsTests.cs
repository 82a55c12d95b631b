using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Tests.Evaluation;

public sealed class CatalogueMetricsTests
{
    [Fact]
    public void Lists_of_four_items_give_the_values_worked_out_by_hand()
    {
        // 8 events: item 0 has 4, item 1 has 2, items 2 and 3 one each.
        var metrics = new CatalogueMetrics([4, 2, 1, 1]);
        metrics.Add([0, 1]);
        metrics.Add([0, 2]);
        Assert.Equal(3 / 4.0, metrics.Coverage);
        Assert.Equal((1 + 2 + 1 + 3) / 4.0, metrics.Novelty, 1e-12);
        // Percentiles: 1, 2/3, and 1/6 for the two that tie.
        Assert.Equal((1 + 2 / 3.0 + 1 + 1 / 6.0) / 4, metrics.PopularityBias, 1e-12);
        // Shown 0, 1, 1, 2 times: (-3 x 0 - 1 x 1 + 1 x 1 + 3 x 2) / (4 x 4).
        Assert.Equal(6 / 16.0, metrics.Gini, 1e-12);
    }

    [Fact]
    public void Diversity_is_the_mean_distance_of_the_pairs()
    {
        Assert.Equal((1 + 0.5 + 1) / 3, CatalogueMetrics.Diversity([1, 2, 3], (a, b) => (a, b) == (1, 3) ? 0.5 : 0), 1e-12);
        Assert.Equal(double.NaN, CatalogueMetrics.Diversity([1], (_, _) => 0));
    }
}
