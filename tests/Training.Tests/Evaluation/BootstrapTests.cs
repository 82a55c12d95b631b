using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Tests.Evaluation;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_close_to_that_of_the_normal_law()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        var values = Enumerable.Range(0, 400).Select(_ => (double)random.Next(2)).ToArray();
        var interval = Bootstrap.MeanInterval(values, [], seed: Seed);
        var error = Math.Sqrt(interval.Mean * (1 - interval.Mean) / values.Length);
        Assert.Equal(values.Average(), interval.Mean, 1e-12);
        Assert.InRange(interval.Low, interval.Mean - 2.2 * error, interval.Mean - 1.7 * error);
        Assert.InRange(interval.High, interval.Mean + 1.7 * error, interval.Mean + 2.2 * error);
    }

    [Fact]
    public void Intervals_cover_the_truth_about_as_often_as_they_say()
    {
        var covered = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var values = Enumerable.Range(0, 60).Select(_ => random.NextDouble() + random.NextDouble()).ToArray();
            var interval = Bootstrap.MeanInterval(values, [], seed: seed);
            covered += interval.Low <= 1 && 1 <= interval.High ? 1 : 0;
        }

        // 95 % of 200 is 190; the binomial's standard deviation is 3.1.
        Assert.InRange(covered, 176, 200);
    }

    [Fact]
    public void Values_of_one_group_are_drawn_together_and_so_widen_the_interval()
    {
        var values = Enumerable.Range(0, 100).Select(i => (double)(i / 10 % 2)).ToArray();
        var groups = Enumerable.Range(0, 100).Select(i => i / 10).ToArray();
        var (alone, together) = (Bootstrap.MeanInterval(values, []), Bootstrap.MeanInterval(values, groups));
        Assert.Equal(alone.Mean, together.Mean, 1e-12);
        // Ten values of each draw: the square root of ten times as wide.
        Assert.InRange((together.High - together.Low) / (alone.High - alone.Low), 2.5, 3.9);
    }

    [Fact]
    public void The_paired_test_of_few_pairs_is_the_share_of_sign_patterns()
    {
        // Three differences of one sign: 2 of the 8 patterns are as large.
        Assert.InRange(Bootstrap.PairedTest([3, 3, 3], [1, 1, 1], []), 0.22, 0.28);
        Assert.Equal(1, Bootstrap.PairedTest([1, 2], [1, 2], []), 1e-12);
        Assert.InRange(Bootstrap.PairedTest([.. Enumerable.Repeat(1.0, 40)], new double[40], []), 0, 0.001);
    }
}
