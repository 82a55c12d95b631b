using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Tests.Evaluation;

public sealed class BinaryMetricsTests
{
    private static readonly bool[] Positive = [true, true, false, false, false];

    [Fact]
    public void Auc_counts_pairs_in_order_and_ties_by_half()
    {
        // Of 6 pairs: .9 wins three; .4 ties one and wins two.
        Assert.Equal(5.5 / 6, BinaryMetrics.Auc([0.9f, 0.4f, 0.4f, 0.3f, 0.1f], Positive), 1e-12);
        Assert.Equal(double.NaN, BinaryMetrics.Auc([1, 2], [true, true]));
    }

    [Fact]
    public void Log_loss_is_the_mean_surprise_in_nats()
    {
        Assert.Equal((Math.Log(2) + Math.Log(4) - Math.Log(0.75)) / 3, BinaryMetrics.LogLoss([0.5f, 0.25f, 0.25f], [true, true, false]), 1e-7);
        Assert.True(double.IsFinite(BinaryMetrics.LogLoss([0], [true])));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryMetrics.LogLoss([1.5f], [true]));
    }

    [Fact]
    public void F1_is_the_harmonic_mean_of_precision_and_recall()
    {
        // At .4: three chosen, two of them right, two positives in all: precision 2/3, recall 1.
        Assert.Equal(0.8, BinaryMetrics.F1([0.9f, 0.4f, 0.4f, 0.3f, 0.1f], Positive, 0.4f), 1e-12);
        Assert.Equal(0, BinaryMetrics.F1([0.1f, 0.2f], [true, false], 0.9f));
    }
}
