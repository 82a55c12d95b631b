namespace Recs.Engine.Tests.Sessions;

public class SessionRulesTests
{
    private static readonly DateTimeOffset T = RandomSessions.Start;

    private readonly ItemCatalog _catalog = new();
    private readonly SessionRules _rules;

    public SessionRulesTests()
    {
        _catalog.Upsert(
            [
                new Item { Id = "a", Categories = ["x", "y"], Tags = ["t"], Price = Math.E - 1 },
                new Item { Id = "b", Categories = ["x"] },
                new Item { Id = "c", Price = 0 },
            ],
            T);
        _rules = new SessionRules(_catalog, new SessionOptions { AffinityHalfLife = TimeSpan.FromDays(2) });
    }

    [Fact]
    public void An_impression_is_counted_and_seen_in_time_and_nothing_else()
    {
        var change = Do(Event("a", InteractionType.Impression, 5));
        Assert.Equal((1L, 1L), (change.Sequence, change.Counts[0]));
        Assert.Equal((Ms(5), Ms(5)), (change.FirstSeenMs, change.LastSeenMs));
        Assert.Empty(change.Seen);
        Assert.Empty(change.Recent);
        Assert.Empty(change.History);
        Assert.Empty(change.Categories);
    }

    [Fact]
    public void Strengths_add_up_to_ten_and_a_rating_replaces_them()
    {
        var session = Do(Event("a", InteractionType.Click, 0), Event("a", InteractionType.Purchase, 1));
        Assert.Equal(new HistoryEntry(0, 6, Ms(1)), Assert.Single(session.History));
        session = Do(session, Event("a", InteractionType.Purchase, 2));
        Assert.Equal(10, session.History[0].Strength);
        session = Do(session, Event("a", InteractionType.Rating, 3, 3.5));
        Assert.Equal(new HistoryEntry(0, 1.5f, Ms(3)), Assert.Single(session.History));
    }

    [Fact]
    public void An_item_met_again_becomes_the_newest()
    {
        var session = Do(Event("a", InteractionType.Click, 0), Event("b", InteractionType.Click, 1), Event("a", InteractionType.View, 2));
        Assert.Equal([1, 0], session.History.Select(e => e.Item));
        Assert.Equal([1, 0], session.Seen);
        Assert.Equal([0, 1, 0], session.Recent.Select(e => e.Item));
    }

    [Fact]
    public void A_hidden_item_leaves_the_history_until_a_like_brings_it_back()
    {
        var session = Do(Event("a", InteractionType.Click, 0), Event("a", InteractionType.Hide, 1));
        Assert.Empty(session.History);
        Assert.Equal([0], session.Hidden);
        session = Do(session, Event("a", InteractionType.Click, 2));
        Assert.Equal([0], session.Hidden);
        session = Do(session, Event("a", InteractionType.Like, 3));
        Assert.Empty(session.Hidden);
        Assert.Equal(5, Assert.Single(session.History).Strength);
    }

    [Fact]
    public void A_low_rating_leaves_the_history_but_does_not_hide()
    {
        var session = Do(Event("a", InteractionType.Like, 0), Event("a", InteractionType.Rating, 1, 2));
        Assert.Empty(session.History);
        Assert.Empty(session.Hidden);
        Assert.Equal([0], session.Seen);
    }

    [Fact]
    public void Interest_is_shared_by_categories_and_halves_in_the_half_life()
    {
        // A like is 4: 2 for x, 2 for y. Two days later half is left, and a click on b adds 1 to x.
        var session = Do(Event("a", InteractionType.Like, 0), Event("b", InteractionType.Click, 48 * 60));
        Assert.Equal(["x 2", "y 1"], Shown(session.Categories));
        Assert.Equal(["t 2"], Shown(session.Tags));
    }

    [Fact]
    public void A_late_event_counts_as_if_it_had_come_in_time()
    {
        var session = Do(Event("b", InteractionType.Click, 48 * 60), Event("a", InteractionType.Like, 0));
        Assert.Equal(["x 2", "y 1"], Shown(session.Categories));
        Assert.Equal((Ms(0), Ms(48 * 60)), (session.FirstSeenMs, session.LastSeenMs));
    }

    [Fact]
    public void Rejection_takes_interest_away_but_not_below_nothing()
    {
        // Hide is -1: half of it from x (1.0) and half from y (0.5), which leaves no y.
        var session = Do(Event("a", InteractionType.Click, 0), Event("b", InteractionType.View, 0), Event("a", InteractionType.Hide, 0));
        Assert.Equal(["x 0.5"], Shown(session.Categories));
        Assert.Empty(session.Tags);
    }

    [Fact]
    public void The_price_level_comes_from_liked_items_that_have_a_price()
    {
        var session = Do(
            Event("a", InteractionType.Click, 0), Event("b", InteractionType.Click, 0),
            Event("c", InteractionType.Click, 0), Event("a", InteractionType.Hide, 0));
        Assert.Equal(2, session.PricedEvents);
        Assert.Equal(1.0, session.LogPriceSum, 12);
    }

    [Fact]
    public void A_repeated_event_id_is_dropped_within_the_batch_and_later()
    {
        var e = Event("a", InteractionType.Click, 0) with { EventId = "same" };
        var first = _rules.Apply(UserSession.Empty("u"), [e, e, Event("b", InteractionType.Click, 1)]);
        Assert.Equal((2, 1, 2L), (first.Accepted.Count, first.Duplicates, first.Session.Sequence));
        Assert.Equal([1L, 2L], first.Accepted.Select(l => l.Sequence));
        Assert.Equal([XxHash64.OfEventId("same"), 0UL], first.Accepted.Select(l => l.EventIdHash));
        var second = _rules.Apply(first.Session, [e]);
        Assert.Same(first.Session, second.Session);
        Assert.Equal(1, second.Duplicates);
    }

    [Fact]
    public void An_event_id_is_forgotten_once_the_window_has_passed()
    {
        var rules = new SessionRules(_catalog, new SessionOptions { EventIdWindow = 2 });
        var session = UserSession.Empty("u");
        foreach (var id in new[] { "1", "2", "3" })
            session = rules.Apply(session, [Event("a", InteractionType.Click, 0) with { EventId = id }]).Session;
        Assert.Equal(2, session.EventIds.Length);
        Assert.Equal(1, rules.Apply(session, [Event("a", InteractionType.Click, 0) with { EventId = "2" }]).Duplicates);
        Assert.Equal(0, rules.Apply(session, [Event("a", InteractionType.Click, 0) with { EventId = "1" }]).Duplicates);
    }

    [Fact]
    public void Events_under_a_guest_id_are_logged_under_the_session_they_went_to()
    {
        var change = _rules.Apply(UserSession.Empty("user"), [Event("a", InteractionType.Click, 0) with { UserId = "guest" }]);
        Assert.Equal("user", change.Accepted[0].UserId);
    }

    [Fact]
    public void A_merged_guest_takes_no_events_itself() => Assert.Throws<InvalidOperationException>(
        () => _rules.Apply(SessionRules.Forwarded("g", "u"), [Event("a", InteractionType.Click, 0)]));

    [Fact]
    public void The_vector_is_kept_while_the_history_is_the_same()
    {
        var session = Do(Event("a", InteractionType.Click, 0));
        session.Folded = new FoldedVector("m", [1]);
        Assert.Same(session.Folded, Do(session, Event("b", InteractionType.Impression, 1)).Folded);
        Assert.Null(Do(session, Event("b", InteractionType.Click, 1)).Folded);
    }

    [Fact]
    public void A_profile_names_what_the_session_numbers()
    {
        var profile = ProfileView.Of(
            Do(Event("a", InteractionType.Like, 0), Event("b", InteractionType.Click, 0), Event("c", InteractionType.Hide, 7)), _catalog);
        Assert.Equal(("u", 3L, 3, 2), (profile.UserId, profile.Sequence, profile.SeenItems, profile.RetainedHistory));
        Assert.Equal(["c", "b", "a"], profile.Recent.Select(r => r.ItemId));
        Assert.Equal(["x", "y"], profile.Categories.Select(c => c.Name));
        Assert.Equal(0.6, profile.Categories[0].Share, 6);
        Assert.Equal(1.0, profile.Categories.Sum(c => c.Share), 12);
        Assert.Equal(["c"], profile.Hidden);
        Assert.Equal(1, profile.Counts[InteractionType.Hide]);
        Assert.Equal(T.AddMinutes(7), profile.LastSeen);
    }

    private UserSession Do(params Interaction[] events) => Do(UserSession.Empty("u"), events);

    private UserSession Do(UserSession session, params Interaction[] events) => _rules.Apply(session, events).Session;

    private static Interaction Event(string item, InteractionType type, int minute, double? weight = null) =>
        new() { UserId = "u", ItemId = item, Type = type, Timestamp = T.AddMinutes(minute), Weight = weight };

    private static long Ms(int minute) => T.AddMinutes(minute).ToUnixTimeMilliseconds();

    private IEnumerable<string> Shown(Affinity[] affinities) => affinities
        .OrderByDescending(a => a.Weight)
        .Select(a => FormattableString.Invariant($"{_catalog.Terms.TextOf(a.Term)} {a.Weight:0.####}"));
}
