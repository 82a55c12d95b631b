using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Tests.Retrieval.SessionNeighbours;

public sealed class SessionNeighbourIndexTests
{
    private const long Minute = 60_000, Day = 1_440 * Minute;

    private static readonly SessionNeighbourOptions Options = new()
    {
        QueryDecay = 2,
        DistanceDecay = 1,
        BackwardWeight = 0.5,
        AgeDecay = TimeSpan.FromDays(1),
        LengthPower = 1,
        RarityPower = 0,
        RepeatWeight = 0,
    };

    [Fact]
    public void Scores_are_as_worked_out_by_hand()
    {
        var index = new SessionNeighbourIndex(Options);
        index.Add([1, 2, 3, 4], Day);
        index.Add([5, 2], 2 * Day);
        var query = new SessionNeighbourQuery();
        query.Run(index, [1, 2], 2 * Day);
        // The first visit shares 1 (a step back) and 2, is a day old and four long; the second shares 2 and is two long.
        var first = (Math.Exp(-0.5) + 1) * Math.Exp(-1) / 4;
        var second = 1 / 2.0;
        var scores = Scores(query);
        Assert.Equal(first, scores[3], 1e-6);
        Assert.Equal(first * Math.Exp(-1), scores[4], 1e-6);
        Assert.Equal(first * 0.5, scores[1], 1e-6);
        Assert.Equal(second * 0.5, scores[5], 1e-6);
        Assert.False(scores.ContainsKey(2));
    }

    [Fact]
    public void A_click_is_a_neighbour_at_once_and_a_pause_begins_another_visit()
    {
        var index = new SessionNeighbourIndex(Options);
        index.Observe(77, 1, 0);
        index.Observe(77, 2, 10 * Minute);
        index.Observe(88, 1, 11 * Minute);
        var query = new SessionNeighbourQuery();
        query.Run(index, [1], 12 * Minute);
        Assert.Equal([2], Scores(query).Keys);
        index.Observe(88, 3, 13 * Minute);
        query.Run(index, [1], 13 * Minute);
        Assert.Equal([2, 3], Scores(query).Keys.Order());
        // Half an hour after its last event the user's visit is over.
        index.Observe(77, 4, 41 * Minute);
        Assert.Equal(3, index.Begun);
        query.Run(index, [1], 41 * Minute);
        Assert.Equal([2, 3], Scores(query).Keys.Order());
        // One's own visit is no neighbour.
        query.Run(index, [1], 41 * Minute, own: 88);
        Assert.Equal([2], Scores(query).Keys);
    }

    [Fact]
    public void What_is_forgotten_speaks_no_more()
    {
        var index = new SessionNeighbourIndex(Options);
        index.Observe(1, 1, 0);
        index.Observe(1, 2, 0);
        index.Observe(2, 1, 0);
        index.Observe(2, 3, 0);
        Assert.Equal(1, index.Forget(1));
        var query = new SessionNeighbourQuery();
        query.Run(index, [1], 0);
        Assert.Equal([3], Scores(query).Keys);
        index.Observe(1, 4, 0);
        Assert.Equal(3, index.Begun);
    }

    [Fact]
    public void Caps_hold_and_the_oldest_goes_first()
    {
        var options = Options with { MaxSessions = 3, SessionsPerItem = 2, MaxSessionItems = 2 };
        var index = new SessionNeighbourIndex(options);
        for (var user = 0; user < 5; user++)
        {
            index.Observe((ulong)user + 1, 9, user);
            index.Observe((ulong)user + 1, 10 + user, user);
            index.Observe((ulong)user + 1, 20 + user, user);
        }

        Assert.Equal(2, index.VisitsWith(9));
        var query = new SessionNeighbourQuery();
        // The first item fell out of every visit, and the visits of the first two users out of the index.
        query.Run(index, [9], 5);
        Assert.Empty(Scores(query));
        query.Run(index, [11], 5);
        Assert.Empty(Scores(query));
        query.Run(index, [14], 5);
        Assert.Equal([24], Scores(query).Keys);
    }

    [Fact]
    public void Readers_beside_a_writer_see_whole_visits()
    {
        const int Seed = 2;
        var index = new SessionNeighbourIndex(Options with { MaxSessions = 50, SessionsPerItem = 8 });
        var random = new Random(Seed);
        var events = Enumerable.Range(0, 40_000).Select(e => ((ulong)random.Next(1, 30), random.Next(40), (long)e * 20_000)).ToArray();
        using var done = new ManualResetEventSlim();
        var reader = Task.Run(() =>
        {
            var query = new SessionNeighbourQuery();
            var found = 0L;
            do
            {
                for (var item = 0; item < 40; item++)
                {
                    query.Run(index, [item, (item + 1) % 40], long.MaxValue / 2);
                    Assert.All(query.Items.ToArray(), i => Assert.InRange(i, 0, 39));
                    found += query.Items.Length;
                }
            }
            while (!done.IsSet);
            return found;
        });
        foreach (var (user, item, at) in events)
            index.Observe(user, item, at);
        done.Set();
        Assert.True(reader.GetAwaiter().GetResult() >= 0);
        Assert.All(Enumerable.Range(0, 40), item => Assert.InRange(index.VisitsWith(item), 0, 8));
    }

    [Fact]
    public void An_option_out_of_range_is_named() =>
        Assert.Contains("neighbours", Assert.Throws<RecommenderException>(() => new SessionNeighbourIndex(Options with { Neighbours = 0 })).Message, StringComparison.Ordinal);

    private static Dictionary<int, double> Scores(SessionNeighbourQuery query)
    {
        var scores = new Dictionary<int, double>();
        for (var i = 0; i < query.Items.Length; i++)
            scores[query.Items[i]] = query.Scores[i];
        return scores.Where(s => s.Value > 0).ToDictionary();
    }
}
