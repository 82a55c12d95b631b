namespace Recs.Engine.Tests.Retrieval;

public class TrendScoreTests
{
    private static readonly ItemCounterOptions Options = new();

    [Fact]
    public void A_steady_stream_is_no_trend()
    {
        var counters = new ItemCounters();
        const long hour = 3_600_000;
        for (var t = 0L; t < 400 * 24; t++)
            counters.Count(0, InteractionType.Click, 400_000 * hour + t * hour);
        var now = counters.NewestMs;

        Assert.InRange(TrendScore.LogRatio(counters.Recent(0, now), counters.Baseline(0, now), Options), -0.02, 0.02);
        Assert.InRange(TrendScore.Surprise(counters.Recent(0, now), counters.Baseline(0, now), Options), -0.1, 0.1);
    }

    [Fact]
    public void Scores_are_those_worked_out_by_hand()
    {
        // Baseline 28 foretells 28 / 14 = 2 recent events; 6 came.
        Assert.Equal((6 - 2) / Math.Sqrt(4), TrendScore.Surprise(6, 28, Options), 6);
        Assert.Equal(Math.Log(8 / 4d), TrendScore.LogRatio(6, 28, Options), 6);
        Assert.Equal(0, TrendScore.Surprise(0, 0, Options));
        Assert.Equal(0, TrendScore.LogRatio(0, 0, Options));
    }

    [Fact]
    public void A_sure_rise_comes_before_a_newcomers_first_click()
    {
        Assert.True(TrendScore.Surprise(100, 700, Options) > TrendScore.Surprise(1, 1, Options));
        Assert.True(TrendScore.Surprise(1, 1, Options) > TrendScore.Surprise(10, 700, Options));
    }
}
