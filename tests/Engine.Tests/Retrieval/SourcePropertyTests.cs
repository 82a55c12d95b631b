namespace Recs.Engine.Tests.Retrieval;

public class SourcePropertyTests
{
    private const int Seed = 20261;

    [Theory]
    [InlineData(60)]
    [InlineData(3_000)]
    public void Every_source_returns_only_eligible_items_best_first_and_no_more_than_asked(int items)
    {
        var world = new RetrievalWorld(items, Seed);
        var sources = new CandidateSources(world.Catalog, world.Counters, world.Visits);
        foreach (var share in new[] { 1, 0.5, 0.1, 0.01 })
        {
            for (var round = 0; round < 12; round++)
            {
                var seedItem = round % 3 == 2 ? world.Random.Next(items) : -1;
                var session = world.Session(round % 2 == 0 ? 0 : world.Random.Next(1, 30));
                var context = world.Context(session, share, world.Random.Next(10, 120), seedItem);
                var union = new HashSet<int>();
                foreach (var source in seedItem >= 0 ? sources.Similar : sources.Personal)
                {
                    var found = RetrievalWorld.Run(source, context).Span.ToArray();
                    var label = $"seed {Seed}, {items} items, share {share}, round {round}, {source.Name}";
                    var atMost = source.Name == "popular" && context.EligibleCount <= 2 * context.Limit ? context.EligibleCount : context.Limit;
                    Assert.True(found.Length <= atMost, $"{label}: {found.Length} found, limit {context.Limit}");
                    Assert.True(found.All(c => context.Eligible[c.Item] && c.Item != seedItem), $"{label}: not eligible");
                    Assert.True(found.All(c => float.IsFinite(c.Score)), $"{label}: not finite");
                    Assert.Equal(found.Length, found.Select(c => c.Item).Distinct().Count());
                    Assert.Equal(found.OrderByDescending(c => c.Score).Select(c => c.Score), found.Select(c => c.Score));
                    union.UnionWith(found.Select(c => c.Item));
                    Assert.Equal(found, RetrievalWorld.Run(source, context).Span.ToArray());
                }
                Assert.True(union.Count >= Math.Min(context.Limit, context.EligibleCount), $"only {union.Count} of {context.EligibleCount} eligible reached");
                if (context.EligibleCount <= 2 * context.Limit)
                    Assert.Equal(context.EligibleCount, union.Count);
            }
        }
    }

    [Fact]
    public void Without_a_model_or_a_history_pages_still_have_candidates()
    {
        var world = new RetrievalWorld(300, Seed);
        var mask = new ItemMask();
        world.Catalog.Match(null, mask);
        var context = new RetrievalContext
        {
            Session = UserSession.Empty("guest"),
            Model = null,
            UserVector = null,
            Eligible = mask,
            EligibleCount = mask.CountSet(),
            NowMs = RetrievalWorld.Now,
            Limit = 50,
        };
        var found = new CandidateSources(world.Catalog, world.Counters, world.Visits).Personal.ToDictionary(s => s.Name, s => RetrievalWorld.Run(s, context).Count);
        Assert.Equal(0, found["als"]);
        Assert.Equal(0, found["neighbours"]);
        Assert.Equal(0, found["content"]);
        Assert.Equal(50, found["popular"]);
        Assert.InRange(found["trending"], 1, 50);
        Assert.Equal(50, found["new"]);
    }

    [Fact]
    public void An_empty_catalogue_has_no_candidates()
    {
        var catalog = new ItemCatalog();
        var context = new RetrievalContext
        {
            Session = UserSession.Empty("u"),
            Model = null,
            UserVector = null,
            Eligible = new ItemMask(),
            EligibleCount = 0,
            NowMs = 1,
            Limit = 10,
        };
        Assert.All(new CandidateSources(catalog, new ItemCounters()).Personal, s => Assert.Equal(0, RetrievalWorld.Run(s, context).Count));
    }

    [Fact]
    public void A_warm_source_allocates_nothing_per_candidate()
    {
        var world = new RetrievalWorld(3_000, Seed);
        var context = world.Context(world.Session(20), 0.5, 100);
        foreach (var source in new CandidateSources(world.Catalog, world.Counters, world.Visits).Personal)
        {
            var list = RetrievalWorld.Run(source, context);
            for (var i = 0; i < 3; i++)
            {
                list.Clear();
                Assert.True(source.RetrieveAsync(context, list, default).IsCompletedSuccessfully);
            }
            list.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var done = source.RetrieveAsync(context, list, default).IsCompletedSuccessfully;
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            // What remains are a few bytes per category or tag looked up, none per candidate.
            Assert.True(done && allocated <= 1_024, $"{source.Name} allocated {allocated} bytes for {list.Count} candidates");
        }
    }

    [Fact]
    public void Sources_stop_when_time_is_up()
    {
        var world = new RetrievalWorld(3_000, Seed);
        var context = world.Context(world.Session(20), 0.9, 100);
        var sources = new CandidateSources(world.Catalog, world.Counters, world.Visits);
        foreach (var source in sources.Personal.Where(s => s.Name is "als" or "neighbours" or "content" or "new"))
            Assert.ThrowsAny<OperationCanceledException>(() => RetrievalWorld.Run(source, context, new CancellationToken(true)));
    }
}
