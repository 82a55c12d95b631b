namespace Recs.Engine.Tests.Retrieval;

public class SourceExampleTests
{
    private const long Day = RetrievalWorld.Day, Now = RetrievalWorld.Now;

    private readonly ItemCatalog _catalog = new();
    private readonly ItemCounters _counters = new();

    [Fact]
    public void Neighbours_weigh_seeds_by_type_and_place_and_name_the_strongest()
    {
        Add(new Item { Id = "a" }, new Item { Id = "b" }, new Item { Id = "x" }, new Item { Id = "y" }, new Item { Id = "z" });
        // a is like x (0.9) and y (0.2); b is like y (0.8) and z (0.4).
        var model = Model(new ItemNeighbours { Offsets = [0, 2, 4, 4, 4, 4], Items = [2, 3, 3, 4], Scores = [0.9f, 0.2f, 0.8f, 0.4f] });
        var session = new UserSession { UserId = "u", History = [new(0, 3, 1), new(1, 1, 2)] };

        var found = RetrievalWorld.Run(new NeighbourSource(), Context(session, model)).Span.ToArray();

        // Weights: b newest, log2(1 + 1) = 1; a one step back, 0.85 log2(1 + 3) = 1.7; together 2.7.
        Assert.Equal([2, 3, 4], found.Select(c => c.Item));
        Assert.Equal(0.9 * 1.7 / 2.7, found[0].Score, 5);
        Assert.Equal((0.2 * 1.7 + 0.8) / 2.7, found[1].Score, 5);
        Assert.Equal(0.4 / 2.7, found[2].Score, 5);
        Assert.Equal([0, 1, 1], found.Select(c => c.Because));

        var similar = RetrievalWorld.Run(new NeighbourSource(), Context(session, model, seedItem: 0)).Span.ToArray();
        Assert.Equal([(2, 0.9f, 0), (3, 0.2f, 0)], similar.Select(c => (c.Item, c.Score, c.Because)));
    }

    [Fact]
    public void Content_orders_by_match_times_popularity_and_needs_no_model()
    {
        Add(new Item { Id = "a", Categories = ["films"], Tags = ["war"] },
            new Item { Id = "b", Categories = ["films"] },
            new Item { Id = "c", Categories = ["books"] },
            new Item { Id = "d", Categories = ["toys"] });
        for (var i = 0; i < 6; i++)
            _counters.Count(2, InteractionType.Click, Now);
        var session = new UserSession
        {
            UserId = "u",
            Categories = [new(Term("films"), 3), new(Term("books"), 1)],
            Tags = [new(Term("war"), 2)],
        };
        var found = RetrievalWorld.Run(new ContentSource(_catalog, new AttentionRankings(_catalog, _counters)), Context(session)).Span.ToArray();

        // a: (0.75 + 1) / 2 log 2; b: 0.75 / 2 log 2; c: 0.25 / 2 log 8 = 0.375 log 2, as b: the lower number first; d: no match.
        Assert.Equal([0, 1, 2], found.Select(c => c.Item));
        Assert.Equal(0.875 * Math.Log(2), found[0].Score, 5);
        Assert.Equal(0.375 * Math.Log(2), found[1].Score, 5);
        Assert.Equal(0.125 * Math.Log(8), found[2].Score, 5);
        Assert.All(found, c => Assert.Equal(-1, c.Because));
    }

    [Fact]
    public void Content_of_a_seed_item_finds_what_shares_its_terms()
    {
        Add(new Item { Id = "a", Categories = ["films"], Tags = ["war"] },
            new Item { Id = "b", Categories = ["films"], Tags = ["war", "old"] },
            new Item { Id = "c", Categories = ["films"] },
            new Item { Id = "d", Categories = ["toys"] });
        var found = RetrievalWorld.Run(new ContentSource(_catalog, new AttentionRankings(_catalog, _counters)), Context(UserSession.Empty("u"), seedItem: 0)).Span.ToArray();
        Assert.Equal([(1, 0), (2, 0)], found.Select(c => (c.Item, c.Because)));
    }

    [Fact]
    public void Als_on_a_similar_page_goes_by_angle_not_by_length()
    {
        Add(new Item { Id = "a" }, new Item { Id = "b" }, new Item { Id = "c" });
        var factors = Worlds.Factors(3, 2, 1);
        new float[] { 1, 0, /* b: long, 45 degrees */ 10, 10, /* c: short, nearly parallel */ 0.1f, 0.01f }.CopyTo(factors.Values, 0);
        var model = RetrievalWorld.ModelOf(factors, new ItemNeighbours { Offsets = [0], Items = [], Scores = [] }, []);

        var similar = RetrievalWorld.Run(new AlsSource(), Context(UserSession.Empty("u"), model, seedItem: 0)).Span.ToArray();
        Assert.Equal([2, 1], similar.Select(c => c.Item));
        Assert.Equal(Math.Sqrt(0.5), similar[1].Score, 5);

        var context = Context(UserSession.Empty("u"), model, vector: [1, 0]);
        Assert.Equal([1, 0, 2], RetrievalWorld.Run(new AlsSource(), context).Span.ToArray().Select(c => c.Item));
    }

    [Fact]
    public void Trending_puts_the_sudden_rise_above_the_steady_favourite_whatever_the_clock_says()
    {
        Add(new Item { Id = "steady" }, new Item { Id = "rising" }, new Item { Id = "quiet" });
        for (var hour = 0; hour < 100 * 24; hour++)
            _counters.Count(0, InteractionType.Click, Now - 100 * Day + hour * 3_600_000L);
        for (var i = 0; i < 15; i++)
            _counters.Count(1, InteractionType.Click, Now - i * 600_000L);

        foreach (var nowMs in new[] { Now, Now + 9_000 * Day })
        {
            var source = new TrendingSource(new AttentionRankings(_catalog, _counters));
            var found = RetrievalWorld.Run(source, Context(UserSession.Empty("u"), nowMs: nowMs)).Span.ToArray();
            Assert.Equal(1, found[0].Item);
            Assert.DoesNotContain(found, c => c.Item == 2);
            // 15 events within 2.5 hours: about 14.5 recent, 1 expected.
            Assert.InRange(found[0].Score, 7, 8);
        }
    }

    [Fact]
    public void Trending_items_beyond_the_kept_order_are_found_when_a_filter_leaves_only_them()
    {
        const int items = 5_000;
        foreach (var chunk in Enumerable.Range(0, items).Select(i => new Item { Id = $"i{i}" }).Chunk(1_000))
            _catalog.Upsert(chunk, DateTimeOffset.FromUnixTimeMilliseconds(Now));
        for (var i = 0; i < items; i++)
        {
            for (var e = 0; e <= (items - i) / 1_000; e++)
                _counters.Count(i, InteractionType.Click, Now);
        }
        var mask = new ItemMask();
        mask.Reset(items);
        for (var i = 4_500; i < items; i++)
            mask.Add(i);
        var found = RetrievalWorld.Run(new TrendingSource(new AttentionRankings(_catalog, _counters)), Context(UserSession.Empty("u"), mask: mask, limit: 50));
        Assert.Equal(Enumerable.Range(4_500, 50), found.Span.ToArray().Select(c => c.Item));
    }

    [Fact]
    public void New_items_are_found_on_the_next_page_and_a_uniform_import_is_not_new()
    {
        var source = new NewSource(_catalog, _counters);
        foreach (var chunk in Enumerable.Range(0, 2_000).Select(i => new Item { Id = $"i{i}" }).Chunk(1_000))
            _catalog.Upsert(chunk, DateTimeOffset.FromUnixTimeMilliseconds(Now - 10 * Day));
        Assert.Equal(0, RetrievalWorld.Run(source, Context(UserSession.Empty("u"))).Count);

        Add(new Item { Id = "yesterday", CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Now - Day) });
        Add(new Item { Id = "today", CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Now) });
        Add(new Item { Id = "met", CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Now) });
        for (var i = 0; i < 20; i++)
            _counters.Count(2_002, InteractionType.Click, Now);
        var found = RetrievalWorld.Run(source, Context(UserSession.Empty("u"))).Span.ToArray();
        Assert.Equal(["today", "yesterday"], found.Select(c => _catalog.IdOf(c.Item)));
    }

    [Fact]
    public void Popular_adds_live_counts_to_those_of_training()
    {
        Add(new Item { Id = "a" }, new Item { Id = "b" }, new Item { Id = "c" });
        var model = RetrievalWorld.ModelOf(Worlds.Factors(0, 2, 1), new ItemNeighbours { Offsets = [0], Items = [], Scores = [] }, [3, 5]);
        for (var i = 0; i < 4; i++)
            _counters.Count(2, InteractionType.Click, Now);
        var rankings = new AttentionRankings(_catalog, _counters);
        var found = RetrievalWorld.Run(new PopularSource(rankings), Context(UserSession.Empty("u"), model)).Span.ToArray();
        Assert.Equal([(1, 5f), (2, 4f), (0, 3f)], found.Select(c => (c.Item, c.Score)));

        for (var i = 0; i < 3; i++)
            _counters.Count(2, InteractionType.Click, Now);
        Assert.Equal([2, 1, 0], RetrievalWorld.Run(new PopularSource(rankings), Context(UserSession.Empty("u"), model)).Span.ToArray().Select(c => c.Item));
    }

    [Fact]
    public void A_source_over_rankings_is_ready_while_they_are_made_and_as_new_as_they_need_be()
    {
        Add(new Item { Id = "a" }, new Item { Id = "b" });
        var rankings = new AttentionRankings(_catalog, _counters);
        var source = new PopularSource(rankings);
        Assert.False(source.IsReady(Context(UserSession.Empty("u"))));
        RetrievalWorld.Run(source, Context(UserSession.Empty("u")));
        Assert.True(source.IsReady(Context(UserSession.Empty("u"))));

        // One event is worth a tenth of two items; a page that has chosen its rankings keeps them.
        var before = Context(UserSession.Empty("u"));
        Assert.True(source.IsReady(before));
        _counters.Count(1, InteractionType.Click, Now);
        Assert.True(source.IsReady(before));
        var after = Context(UserSession.Empty("u"));
        Assert.False(source.IsReady(after));

        // Nor is it ready, or waited for, while another source of the page makes them.
        RetrievalWorld.Run(source, Context(UserSession.Empty("u")));
        Assert.True(source.IsReady(Context(UserSession.Empty("u"))));
        var making = Context(UserSession.Empty("u"));
        var maker = new Thread(() => making.Choosing.Enter());
        maker.Start();
        maker.Join();
        Assert.False(source.IsReady(making));
    }

    private void Add(params Item[] items) => _catalog.Upsert(items, DateTimeOffset.FromUnixTimeMilliseconds(Now));

    private int Term(string text) => _catalog.Terms.Intern(text);

    private static RecommenderModel Model(ItemNeighbours neighbours) =>
        RetrievalWorld.ModelOf(Worlds.Factors(0, 2, 1), neighbours, []);

    private RetrievalContext Context(
        UserSession session, RecommenderModel? model = null, int seedItem = -1, float[]? vector = null, long nowMs = Now, ItemMask? mask = null, int limit = 20)
    {
        if (mask is null)
        {
            mask = new ItemMask();
            _catalog.Match(null, mask);
        }
        mask.Remove(seedItem);
        return new RetrievalContext
        {
            Session = session,
            Model = model,
            UserVector = vector,
            Eligible = mask,
            EligibleCount = mask.CountSet(),
            SeedItem = seedItem,
            NowMs = nowMs,
            Limit = limit,
        };
    }
}
