using Recs.Engine.Pipeline;

namespace Recs.Engine.Tests.Pipeline;

/// <summary>Ten items, i0 to i9; "near" finds i0, i1, i2 and "new" finds i2, i3, of which as many are ranked as there is room for.</summary>
public sealed class WhyNotFinderTests
{
    private readonly ItemCatalog _catalog = new();

    public WhyNotFinderTests() => _catalog.Upsert(
        [.. Enumerable.Range(0, 10).Select(i => new Item { Id = $"i{i}", Price = i, Available = i != 9 })], DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData("nowhere", "catalog", "The catalogue has no such item.")]
    [InlineData("i9", "catalog", "The item is not available.")]
    [InlineData("i8", "filter", "It does not pass the filter price < 8.")]
    [InlineData("i7", "filter", "The request excludes it.")]
    [InlineData("i6", "session", "The user has met it already.")]
    [InlineData("i5", "session", "The user has hidden or disliked it.")]
    [InlineData("i0", "page", "It is on the page, at place 1.")]
    public void What_cannot_be_on_the_page_or_is_on_it_is_told_so(string item, string stage, string detail) =>
        Assert.Equal(new WhyNot(item, stage, detail), Find(item));

    [Fact]
    public void What_no_source_returned_is_told_how_many_items_were_found() =>
        Assert.Equal(new WhyNot("i4", "retrieval", "No source returned it; 4 items were found."), Find("i4"));

    [Fact]
    public void What_no_source_returned_while_one_was_silent_is_told_which() =>
        Assert.Equal(
            new WhyNot("i4", "retrieval", "No source returned it; 4 items were found. Late or failed, and so not heard: slow, broken."),
            Find("i4", late: ["slow", "broken"]));

    /// <summary>In turn: i0 and i2, the first of both, then i1, the second of "near"; i3 is second in "new".</summary>
    [Fact]
    public void What_was_found_and_had_no_room_is_told_its_best_place() =>
        Assert.Equal(
            new WhyNot(
                "i3", "retrieval", "There was no room: of the 4 items found 3 are ranked, those with the best places in all sources, and this one is at best number 2 (new)."),
            Find("i3", room: 3));

    [Fact]
    public void What_no_source_returned_is_told_apart_from_what_had_no_room() =>
        Assert.Equal(new WhyNot("i4", "retrieval", "No source returned it; 4 items were found."), Find("i4", room: 3));

    /// <summary>Scores fall by the candidate: i0, i1, i2, i3 have 4, 3, 2 and 1.</summary>
    [Fact]
    public void What_ranked_below_the_page_is_told_its_rank() =>
        Assert.Equal(new WhyNot("i3", "ranking", "Ranked 4 of 4 with a score of 1; the page has 2 places."), Find("i3", page: ["i0", "i2"]));

    [Fact]
    public void What_ranked_high_enough_lost_its_place_to_a_rule() =>
        Assert.Equal(
            new WhyNot("i1", "policy", "Ranked 2 of 4 with a score of 3; the page has 2 places. A rule or the category cap gave its place to another."),
            Find("i1", page: ["i0", "i2"]));

    private WhyNot Find(string itemId, int room = 10, string[]? page = null, string[]? late = null)
    {
        SourceOutcome[] outcomes =
        [
            new("near", List("i0", "i1", "i2"), 1, Late: false),
            new("new", List("i2", "i3"), 1, Late: false),
            .. (late ?? []).Select(name => new SourceOutcome(name, null, 0, Late: true)),
        ];
        var candidates = CandidateMerger.Merge([.. outcomes.Select(o => o.Source)], [.. outcomes.Select(o => o.Candidates)], room);
        var session = new SessionRules(_catalog, new SessionOptions())
            .Apply(UserSession.Empty("u"), [Event("i6", InteractionType.Click), Event("i5", InteractionType.Hide)]).Session;
        var request = new PageRequest { UserId = "u", Filter = ItemFilter.Parse("price < 8"), Exclude = ["i7"], WhyNot = [itemId] };
        var plan = PagePlans.For(request, session, late: false, started: 0, TimeSpan.FromSeconds(1));
        float[] scores = [.. Enumerable.Range(0, candidates.Count).Select(c => 4f - c)];
        var placeOf = (page ?? ["i0"]).Select((id, place) => (id, place)).ToDictionary(p => Number(p.id), p => p.place);
        return new WhyNotFinder(_catalog, plan, outcomes, candidates, scores).Find(itemId, placeOf);
    }

    private CandidateList List(params string[] ids)
    {
        var list = new CandidateList();
        foreach (var id in ids)
            list.Add(Number(id), 1);
        return list;
    }

    private int Number(string id) => _catalog.TryGetNumber(id, out var item) ? item : throw new ArgumentException(id, nameof(id));

    private static Interaction Event(string item, InteractionType type) =>
        new() { UserId = "u", ItemId = item, Type = type, Timestamp = DateTimeOffset.UnixEpoch };
}
