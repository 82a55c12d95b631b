using Recs.Training.Data;
using Recs.Training.Ranking;

namespace Recs.Training.Tests.Ranking;

public sealed class ConversionTrainingTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void A_purchase_counts_for_the_response_before_it_within_the_window_and_what_is_too_recent_to_know_is_left_out()
    {
        // Each user clicks one item at hour 0; user u buys it u half hours later, and every third never does.
        var entries = new List<LogEntry>();
        const int Users = 150;
        for (var u = 0; u < Users; u++)
            Add(u, 0, InteractionType.Click);
        for (var u = 0; u < Users; u++)
        {
            if (u % 3 > 0)
                Add(u, u * Hour / 2, InteractionType.Purchase);
        }

        Add(Users, 80 * Hour, InteractionType.Click);
        var catalog = new ItemCatalog();
        var events = EventColumns.From(entries, catalog);
        var pages = Enumerable.Range(0, events.Count).Where(e => events.Type[e] == InteractionType.Click).Select(Page).ToArray();

        // Within 50 hours: users 1 to 100 but those divisible by 3: 100 - 33. The last click's window is not over.
        var trained = ConversionTraining.Train(events, pages, pages[120].Event, TimeSpan.FromHours(50), 1, default);
        Assert.Null(trained.Note);
        Assert.Equal((150, 67), (trained.Metrics["conversion.responses"], trained.Metrics["conversion.purchases"]));
        // The feature says nothing, so the probability is the share.
        var score = new float[1];
        trained.Ranker!.Score(new float[FeatureSchema.Width], 1, score);
        Assert.Equal(67.0 / 150, LogisticRanker.Probability(score[0]), 1e-6);

        // Within 10 hours: users 1 to 20 but 6 of them.
        var few = ConversionTraining.Train(events, pages, pages[120].Event, TimeSpan.FromHours(10), 1, default);
        Assert.Null(few.Ranker);
        Assert.Equal(14, few.Metrics["conversion.purchases"]);
        Assert.Contains("14 of 150 responses", few.Note, StringComparison.Ordinal);

        void Add(int user, long atMs, InteractionType type) => entries.Add(new LogEntry.Events([new LoggedEvent
        {
            UserId = $"u{user}",
            Sequence = 1,
            ItemId = "a",
            Type = type,
            AtMs = Hour + atMs,
        }]));

        ReplayedPage Page(int e) => new()
        {
            Event = e,
            Answer = events.Item[e],
            Candidates = 1,
            AnswerAt = 0,
            Features = new float[FeatureSchema.Width],
            Rows = 1,
            AlsRank = -1,
            PopularityRank = -1,
        };
    }
}
