using Recs.Engine.Monitoring;

namespace Recs.Engine.Tests.Monitoring;

public sealed class LatencyWindowTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Percentiles_are_within_a_sixteenth_of_the_truth()
    {
        var window = new LatencyWindow(_time);
        for (var i = 1; i <= 10_000; i++)
            window.Record(TimeSpan.FromMicroseconds(i));
        var summary = window.Summarize();
        Assert.Equal(10_000, summary.Count);
        Assert.InRange(summary.P50Ms, 5.0, 5.0 * 17 / 16);
        Assert.InRange(summary.P90Ms, 9.0, 9.0 * 17 / 16);
        Assert.InRange(summary.P99Ms, 9.9, 9.9 * 17 / 16);
    }

    [Fact]
    public void Samples_leave_after_a_minute()
    {
        var window = new LatencyWindow(_time);
        window.Record(TimeSpan.FromMilliseconds(1));
        _time.Advance(TimeSpan.FromSeconds(49));
        window.Record(TimeSpan.FromMilliseconds(2));
        Assert.Equal(2, window.Summarize().Count);
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal(1, window.Summarize().Count);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, window.Summarize().Count);
        Assert.Equal(0, window.Summarize().P99Ms);
    }

    [Fact]
    public void A_steady_rate_is_seen_as_it_is()
    {
        var window = new LatencyWindow(_time);
        for (var second = 0; second < 200; second++)
        {
            for (var i = 0; i < 10; i++)
                window.Record(TimeSpan.Zero);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(window.PerSecond(), 9, 11);
    }

    [Fact]
    public void Extremes_do_not_leave_the_histogram()
    {
        var window = new LatencyWindow(_time);
        window.Record(TimeSpan.FromDays(1_000));
        window.Record(TimeSpan.FromTicks(-5));
        Assert.Equal(2, window.Summarize().Count);
    }
}
