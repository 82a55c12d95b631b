using Recs.Engine.Policies;

namespace Recs.Engine.Tests.Policies;

public sealed class PageComposerTests
{
    private readonly ItemCatalog _catalog = new();

    public PageComposerTests() => _catalog.Upsert(
        [.. Enumerable.Range(0, 30).Select(i => new Item { Id = $"i{i}", Categories = [i < 20 ? "many" : "few"], Tags = [i % 2 == 0 ? "even" : "odd"] })],
        DateTimeOffset.UnixEpoch);

    [Fact]
    public void Best_scores_come_first_and_ties_go_by_item_number() =>
        Assert.Equal(["i3", "i1", "i2", "i0"], Ids(Compose([0, 1, 1, 5], count: 4)));

    [Fact]
    public void Sorting_by_key_gives_the_order_of_comparing_scores_then_item_numbers()
    {
        var random = new Random(11);
        var order = new CandidateOrder();
        float[] special = [0f, -0f, float.NaN, float.PositiveInfinity, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue];
        for (var round = 0; round < 200; round++)
        {
            var scores = Enumerable.Range(0, random.Next(1, 60))
                .Select(_ => random.Next(3) == 0 ? special[random.Next(special.Length)] : random.Next(-4, 5) / 2f).ToArray();
            var items = Enumerable.Range(0, scores.Length).Select(i => i * 7 % 61).ToArray();
            var expected = Enumerable.Range(0, scores.Length)
                .OrderByDescending(c => scores[c]).ThenBy(c => items[c]).ToArray();
            Assert.Equal(expected, CandidateOrder.BestFirst(scores, items));

            order.Reset(scores, items);
            Assert.Equal(expected, Taken(order));
            Assert.Equal(-1, order.Next());
            Assert.Equal(Enumerable.Range(0, expected.Length), expected.Select(order.RankOf));

            var last = Array.ConvertAll(scores, _ => random.Next(4) == 0);
            order.Reset(scores, items, last);
            Assert.Equal([.. expected.Where(c => !last[c]), .. expected.Where(c => last[c])], Taken(order));
        }
    }

    private static List<int> Taken(CandidateOrder order)
    {
        var taken = new List<int>();
        for (var i = 0; i < order.Count; i++)
            taken.Add(order.Next());
        return taken;
    }

    [Fact]
    public void A_category_gets_its_share_and_no_more_while_others_have_items()
    {
        // 20 of "many" score above 10 of "few": half of 10 places is 5.
        var page = Compose(Descending(30), count: 10, share: 0.5);
        Assert.Equal(["i0", "i1", "i2", "i3", "i4", "i20", "i21", "i22", "i23", "i24"], Ids(page));
    }

    [Fact]
    public void The_cap_is_relaxed_rather_than_leaving_a_place_empty()
    {
        var page = Compose(Descending(20), count: 10, share: 0.3);
        Assert.Equal(10, page.Count);
        Assert.Equal(3, page.Count(p => p.Rules.Count == 0));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"i{i}"), Ids(page));
    }

    [Fact]
    public void A_pin_takes_its_place_and_the_rest_close_up()
    {
        var page = Compose([4, 3, 2, 1], count: 3, rules: [new Rule { Name = "front", Action = RuleAction.Pin, Item = "i3", Position = 1 }]);
        Assert.Equal(["i3", "i0", "i1"], Ids(page));
        Assert.Equal(3, page[0].RankedAt);
        Assert.Contains("'front'", page[0].Rules[0]);
    }

    [Fact]
    public void A_pin_of_an_item_that_may_not_be_shown_does_nothing()
    {
        var page = Compose([4, 3, 2, 1], count: 3, stillPasses: i => i != 3, rules: [new Rule { Name = "front", Action = RuleAction.Pin, Item = "i3" }]);
        Assert.Equal(["i0", "i1", "i2"], Ids(page));
    }

    [Fact]
    public void A_boost_multiplies_the_odds()
    {
        // Log-odds 1 boosted by e^2 become 3.
        var page = Compose([4, 2, 1], count: 3, rules: [new Rule { Name = "up", Action = RuleAction.Boost, Item = "i2", Factor = Math.E * Math.E }]);
        Assert.Equal(["i0", "i2", "i1"], Ids(page));
        Assert.Equal(3, page[1].Score, 5);
    }

    [Fact]
    public void Buried_items_come_after_everything_else()
    {
        var page = Compose([4, 3, 2, 1], count: 4, rules: [new Rule { Name = "down", Action = RuleAction.Bury, Filter = ItemFilter.Parse("tag = \"even\"") }]);
        Assert.Equal(["i1", "i3", "i0", "i2"], Ids(page));
    }

    [Fact]
    public void A_new_item_gets_a_place_in_the_lower_half_with_its_propensity()
    {
        const int Pages = 2_000;
        var scores = Descending(30);
        var candidates = Candidates(scores, newItems: [27, 28, 29]);
        // Weights 1, 1/2 and 1/3 in order of score, over their sum.
        var propensities = new Dictionary<int, double> { [27] = 6 / 11.0, [28] = 3 / 11.0, [29] = 2 / 11.0 };
        var drawn = propensities.Keys.ToDictionary(static c => c, static _ => 0);
        for (var seed = 0; seed < Pages; seed++)
        {
            var page = Compose(candidates, scores, count: 10, exploration: 1, seed: seed);
            var tried = Assert.Single(page, static p => p.Rules.Any(static r => r.StartsWith("exploration", StringComparison.Ordinal)));
            drawn[tried.Candidate]++;
            Assert.Contains(tried.Rules, r => r.EndsWith(FormattableString.Invariant($"propensity {propensities[tried.Candidate]:0.###}"), StringComparison.Ordinal));
            Assert.InRange(page.ToList().IndexOf(tried), 5, 9);
            Assert.Equal(10, page.Select(p => p.Candidate).Distinct().Count());
            Assert.Equal(Ids(page), Ids(Compose(candidates, scores, count: 10, exploration: 1, seed: seed)));
        }

        // Five standard deviations of a share of 2,000 draws.
        foreach (var (candidate, propensity) in propensities)
            Assert.Equal(propensity, (double)drawn[candidate] / Pages, 0.056);
    }

    [Fact]
    public void A_short_page_explores_nothing()
    {
        var scores = Descending(30);
        var page = Compose(Candidates(scores, newItems: [29]), scores, count: 9, exploration: 1, seed: 1);
        Assert.Equal(Enumerable.Range(0, 9).Select(i => $"i{i}"), Ids(page));
    }

    private static float[] Descending(int n) => [.. Enumerable.Range(0, n).Select(i => (float)(n - i))];

    private IReadOnlyList<Placement> Compose(
        float[] scores, int count, double share = 1, Func<int, bool>? stillPasses = null, IReadOnlyList<Rule>? rules = null) =>
        Compose(Candidates(scores, []), scores, count, share, stillPasses, rules);

    private IReadOnlyList<Placement> Compose(
        CandidateSet candidates, float[] scores, int count, double share = 1, Func<int, bool>? stillPasses = null,
        IReadOnlyList<Rule>? rules = null, int exploration = 0, int seed = 0) =>
        new PageComposer(_catalog).Compose(new ComposeRequest
        {
            Candidates = candidates,
            Scores = scores,
            LogOdds = true,
            Count = count,
            Rules = rules ?? [],
            MaxCategoryShare = share,
            ExplorationSlots = exploration,
            Seed = seed,
            StillPasses = stillPasses ?? (_ => true),
        });

    // Candidate c is item c; source 0 found them all, source 1 ("new") those named.
    private static CandidateSet Candidates(float[] scores, int[] newItems)
    {
        var n = scores.Length;
        var ranks = new int[n * 2];
        for (var c = 0; c < n; c++)
        {
            ranks[c * 2] = c;
            ranks[c * 2 + 1] = Array.IndexOf(newItems, c);
        }

        return new CandidateSet
        {
            Sources = ["als", "new"],
            Count = n,
            Found = n,
            Items = [.. Enumerable.Range(0, n)],
            SourceBits = [.. Enumerable.Range(0, n).Select(c => newItems.Contains(c) ? 3u : 1u)],
            Scores = new float[n * 2],
            Ranks = ranks,
            Because = [.. Enumerable.Repeat(-1, n)],
        };
    }

    private IEnumerable<string> Ids(IReadOnlyList<Placement> page) => page.Select(p => _catalog.IdOf(p.Candidate));
}
