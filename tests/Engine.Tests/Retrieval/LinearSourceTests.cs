using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Tests.Retrieval;

public sealed class LinearSourceTests
{
    [Fact]
    public void Every_source_but_the_fallbacks_gives_what_a_walk_over_all_items_gives()
    {
        const int Seed = 12;
        var world = new RetrievalWorld(300, Seed);
        for (var length = 1; length < 140; length += 23)
        {
            var session = world.Session(length);
            var context = world.Context(session, 0.7, 40);
            var sums = new Dictionary<int, float>();
            foreach (var entry in session.History.Reverse().Take(LinearSource.HistoryCap))
            {
                for (var n = 0; n < world.Model.Linear.Of(entry.Item).Length; n++)
                {
                    var item = world.Model.Linear.Of(entry.Item)[n];
                    sums[item] = sums.GetValueOrDefault(item) + world.Model.Linear.ScoresOf(entry.Item)[n];
                }
            }

            var expected = sums.Where(s => s.Value > 0 && context.Eligible[s.Key]).OrderByDescending(s => s.Value).ThenBy(s => s.Key).Take(40).ToArray();
            var found = RetrievalWorld.Run(new LinearSource(), context);
            Assert.Equal(expected.Select(e => e.Key), found.Span.ToArray().Select(c => c.Item));
            Assert.Equal(expected.Select(e => e.Value), found.Span.ToArray().Select(c => c.Score));
        }
    }

    [Fact]
    public void The_sessions_source_returns_eligible_items_that_the_index_finds_for_the_present_visit()
    {
        var world = new RetrievalWorld(60, seed: 3);
        var visits = new SessionNeighbourIndex();
        const long Minute = 60_000;
        foreach (var item in new[] { 1, 2, 3, 4 })
            visits.Observe(1, item, RetrievalWorld.Now - 5 * Minute);
        var session = new UserSession
        {
            UserId = "asking",
            // The first is of an earlier visit, the second a dislike; the third is what counts.
            Recent =
            [
                new RecentEvent(3, InteractionType.Click, RetrievalWorld.Now - 100 * Minute),
                new RecentEvent(9, InteractionType.Dislike, RetrievalWorld.Now - 3 * Minute),
                new RecentEvent(2, InteractionType.Click, RetrievalWorld.Now - 2 * Minute),
            ],
        };
        var context = world.Context(session, 1, 10);
        context.Eligible.Remove(4);
        var found = RetrievalWorld.Run(new SessionNeighbourSource(visits), context).Span.ToArray();
        Assert.Equal(new[] { 1, 2, 3 }.Where(i => context.Eligible[i]).Order(), found.Select(c => c.Item).Order());
        Assert.All(found, c => Assert.Equal(2, c.Because));
    }
}
