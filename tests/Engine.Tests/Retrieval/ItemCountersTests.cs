namespace Recs.Engine.Tests.Retrieval;

public class ItemCountersTests
{
    private const long Day = 86_400_000, T0 = 10_000 * Day;

    [Fact]
    public void An_event_counts_half_after_the_half_life()
    {
        var counters = new ItemCounters();
        counters.Count(3, InteractionType.Click, T0);

        Assert.Equal(1, counters.Recent(3, T0), 12);
        Assert.Equal(0.5, counters.Recent(3, T0 + Day), 12);
        Assert.Equal(0.25, counters.Recent(3, T0 + 2 * Day), 12);
        Assert.Equal(0.5, counters.Baseline(3, T0 + 14 * Day), 12);
        Assert.Equal(1, counters.Clicks(3, T0), 12);
        Assert.Equal(0, counters.Recent(4, T0));
        Assert.Equal(0, counters.Recent(1_000_000, T0));
    }

    [Fact]
    public void Sums_agree_with_adding_up_every_event_over_thirty_years()
    {
        const int seed = 4711;
        var random = new Random(seed);
        var counters = new ItemCounters();
        var events = new List<long>();
        for (var i = 0; i < 2_000; i++)
        {
            var at = T0 + random.NextInt64(30 * 365 * Day);
            events.Add(at);
            counters.Count(7, InteractionType.Purchase, at);
        }
        var now = events.Max();
        Assert.Equal(now, counters.NewestMs);
        AssertClose(events.Sum(t => Math.Pow(0.5, (now - t) / (double)Day)), counters.Recent(7, now));
        AssertClose(events.Sum(t => Math.Pow(0.5, (now - t) / (14d * Day))), counters.Baseline(7, now));
        Assert.Equal(counters.Recent(7, now), counters.Recent(7, 0));
    }

    [Fact]
    public void Positive_events_impressions_and_clicks_are_kept_apart()
    {
        var counters = new ItemCounters();
        counters.Count(0, InteractionType.Impression, T0);
        counters.Count(0, InteractionType.Impression, T0);
        counters.Count(0, InteractionType.Click, T0);
        counters.Count(0, InteractionType.Like, T0);
        counters.Count(0, InteractionType.Rating, T0, 5);
        counters.Count(0, InteractionType.Rating, T0, 1);
        counters.Count(0, InteractionType.Hide, T0);
        counters.Count(0, InteractionType.Dislike, T0);

        Assert.Equal(3, counters.Recent(0, T0), 12);
        Assert.Equal(3, counters.Baseline(0, T0), 12);
        Assert.Equal(2, counters.Impressions(0, T0), 12);
        Assert.Equal(1, counters.Clicks(0, T0), 12);
        Assert.Equal(8, counters.Counted);
    }

    [Fact]
    public void Reading_all_at_once_gives_what_reading_one_by_one_gives()
    {
        var counters = new ItemCounters();
        var random = new Random(5);
        for (var i = 0; i < 5_000; i++)
            counters.Count(random.Next(3_000), (InteractionType)random.Next(3), T0 + random.NextInt64(900 * Day));
        var (recent, baseline) = (new float[4_000], new float[4_000]);
        counters.ReadAll(recent, baseline);
        var reader = counters.ReadNewest();
        for (var item = 0; item < recent.Length; item++)
        {
            var counts = reader.Of(item);
            Assert.Equal(counters.Recent(item, 0), counts.Recent);
            Assert.Equal(counters.Baseline(item, 0), counts.Baseline);
            Assert.Equal(counters.Impressions(item, 0), counts.Impressions);
            Assert.Equal(counters.Clicks(item, 0), counts.Clicks);
            AssertClose(counters.Recent(item, 0), recent[item], 1e-6);
            AssertClose(counters.Baseline(item, 0), baseline[item], 1e-6);
        }
    }

    [Fact]
    public void Counting_from_many_threads_loses_nothing()
    {
        var counters = new ItemCounters();
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 5_000; i++)
                counters.Count(i % 2_500, InteractionType.View, T0);
        });
        for (var item = 0; item < 2_500; item++)
            Assert.Equal(16, counters.Recent(item, T0), 9);
    }

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(60, 90)]
    [InlineData(60, 60 * 1_000)]
    public void Half_lives_out_of_range_are_refused(double shortMinutes, double longMinutes)
    {
        var options = new ItemCounterOptions
        {
            ShortHalfLife = TimeSpan.FromMinutes(shortMinutes),
            LongHalfLife = TimeSpan.FromMinutes(longMinutes),
        };
        Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => new ItemCounters(options)).Kind);
    }

    private static void AssertClose(double expected, double actual, double relative = 1e-10) =>
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(1e-3, Math.Abs(expected)), $"expected {expected:R}, was {actual:R}");
}
