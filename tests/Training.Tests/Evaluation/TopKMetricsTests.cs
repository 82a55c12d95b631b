using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Tests.Evaluation;

public sealed class TopKMetricsTests
{
    [Fact]
    public void A_list_is_judged_as_worked_out_by_hand()
    {
        // Places 1, 3 and 4 of 5 are right; two more relevant items are missing.
        var metrics = TopKMetrics.Of([7, 1, 8, 9, 2, 10], new HashSet<int> { 7, 8, 9, 10, 11 }, 5);
        Assert.Equal(3 / 5.0, metrics.Precision, 1e-12);
        Assert.Equal(3 / 5.0, metrics.Recall, 1e-12);
        Assert.Equal((1 / 1.0 + 2 / 3.0 + 3 / 4.0) / 5, metrics.AveragePrecision, 1e-12);
        // 1 + 1/log2(4) + 1/log2(5) over 1 + 1/log2(3) + 1/2 + 1/log2(5) + 1/log2(6).
        Assert.Equal(1.930676558 / 2.948459119, metrics.Ndcg, 1e-8);
        Assert.Equal(1, metrics.ReciprocalRank);
        Assert.Equal(1, metrics.Hit);
    }

    [Fact]
    public void One_relevant_item_at_the_third_place_gives_the_textbook_values()
    {
        var metrics = TopKMetrics.Of([4, 5, 6], new HashSet<int> { 6 }, 10);
        Assert.Equal((0.1, 1.0, 1 / 3.0, 0.5, 1 / 3.0, 1.0),
            (metrics.Precision, metrics.Recall, metrics.AveragePrecision, metrics.Ndcg, metrics.ReciprocalRank, metrics.Hit));
    }

    [Fact]
    public void The_ideal_order_has_no_more_places_than_the_list()
    {
        Assert.Equal(1, TopKMetrics.Of([1, 2], new HashSet<int> { 1, 2, 3 }, 2).Ndcg, 1e-12);
        Assert.Equal(default, TopKMetrics.Of([1, 2, 3], new HashSet<int> { 3 }, 2));
        Assert.Equal(default, TopKMetrics.Of([1, 2, 3], new HashSet<int>(), 3));
    }

    [Fact]
    public void A_metric_has_its_name()
    {
        var metrics = new TopKMetrics(1, 2, 3, 4, 5, 6);
        Assert.Equal([4, 2, 1, 3, 5, 6], TopKMetrics.Names.Select(n => metrics[n]));
        Assert.Contains("ndcg", Assert.Throws<RecommenderException>(() => metrics["gain"]).Message, StringComparison.Ordinal);
    }
}
