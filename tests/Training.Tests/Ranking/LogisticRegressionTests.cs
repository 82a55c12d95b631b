using Recs.Training.Ranking;

namespace Recs.Training.Tests.Ranking;

public sealed class LogisticRegressionTests
{
    [Fact]
    public void One_binary_feature_gives_the_log_odds_of_its_two_groups()
    {
        // 30 of 40 positive where x = 1, 10 of 50 where x = 0: log-odds ln 3 and -ln 4.
        var rows = new LabelledRows(1);
        Add(rows, 1, 30, 10);
        Add(rows, 0, 10, 40);
        var fit = LogisticRegression.Fit(rows, ridge: 1e-9, threads: 1);
        Assert.Equal(Math.Log(3), LogOdds(fit, 1), 1e-6);
        Assert.Equal(-Math.Log(4), LogOdds(fit, 0), 1e-6);
    }

    [Fact]
    public void A_weight_counts_like_repeated_rows()
    {
        var (repeated, weighted) = (new LabelledRows(1), new LabelledRows(1));
        Add(repeated, 1, 6, 3);
        Add(repeated, 0, 2, 8);
        foreach (var (x, positive, weight) in new[] { (1f, true, 6f), (1f, false, 3f), (0f, true, 2f), (0f, false, 8f) })
            weighted.Add([x], positive, weight);
        var (a, b) = (LogisticRegression.Fit(repeated, 0.5, 1), LogisticRegression.Fit(weighted, 0.5, 1));
        Assert.Equal(a.Weights[0], b.Weights[0], 1e-8);
        Assert.Equal(a.Bias, b.Bias, 1e-8);
    }

    [Fact]
    public void The_gradient_of_the_penalised_likelihood_is_zero_at_the_fit()
    {
        const int Seed = 12, Width = 6;
        const double Ridge = 3;
        var random = new Random(Seed);
        var rows = new LabelledRows(Width);
        for (var r = 0; r < 3_000; r++)
        {
            var x = Enumerable.Range(0, Width).Select(i => (float)(random.NextDouble() * (i + 1))).ToArray();
            // The last feature never varies.
            x[^1] = 2;
            rows.Add(x, random.NextDouble() < 1 / (1 + Math.Exp(1 - x[0] * 2 + x[1])), 1 + r % 3);
        }

        var fit = LogisticRegression.Fit(rows, Ridge, threads: 2);
        var gradient = new double[Width + 1];
        for (var r = 0; r < rows.Count; r++)
        {
            var z = rows.Row(r).ToArray().Select((v, i) => (v - fit.Means[i]) / fit.Scales[i]).ToArray();
            var p = 1 / (1 + Math.Exp(-(fit.Bias + z.Zip(fit.Weights, (a, b) => a * b).Sum())));
            var error = rows.Weight(r) * (p - (rows.IsPositive(r) ? 1 : 0));
            for (var i = 0; i < Width; i++)
                gradient[i] += error * z[i];
            gradient[Width] += error;
        }

        for (var i = 0; i < Width; i++)
            gradient[i] += Ridge * fit.Weights[i];
        Assert.All(gradient, g => Assert.Equal(0, g, 1e-4));
        Assert.Equal(0, fit.Weights[^1], 1e-9);
        Assert.True(fit.Weights[0] > 0 && fit.Weights[1] < 0);
        Assert.Equal(fit.Weights, LogisticRegression.Fit(rows, Ridge, threads: 5).Weights);
    }

    [Fact]
    public void Separable_rows_stay_finite_under_the_penalty()
    {
        var rows = new LabelledRows(1);
        Add(rows, 1, 50, 0);
        Add(rows, 0, 0, 50);
        var fit = LogisticRegression.Fit(rows, 1, 1);
        Assert.InRange(fit.Weights[0], 1, 10);
        Assert.Equal(0, fit.Bias, 1e-6);
    }

    [Fact]
    public void One_label_alone_is_refused()
    {
        var rows = new LabelledRows(1);
        Add(rows, 1, 5, 0);
        Assert.Throws<ArgumentException>(() => LogisticRegression.Fit(rows, 1, 1));
    }

    private static double LogOdds(LogisticWeights fit, double x) => fit.Bias + fit.Weights[0] * (x - fit.Means[0]) / fit.Scales[0];

    private static void Add(LabelledRows rows, float x, int positives, int negatives)
    {
        for (var n = 0; n < positives; n++)
            rows.Add([x], true, 1);
        for (var n = 0; n < negatives; n++)
            rows.Add([x], false, 1);
    }
}
