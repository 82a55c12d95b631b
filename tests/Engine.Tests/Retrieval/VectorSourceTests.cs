using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Tests.Retrieval;

public class VectorSourceTests
{
    private readonly VectorIndex _text = new(new VectorSpace("text", 2, SpaceMetric.Cosine));
    private readonly VectorIndex _image = new(new VectorSpace("image", 3, SpaceMetric.Euclidean));

    public VectorSourceTests()
    {
        // Each item has a vector in each space, but for item 4, which has no image, and item 5, which has none at all.
        _text.Upsert(0, [1, 0]);
        _text.Upsert(1, [3, 4]);
        _text.Upsert(2, [0, 2]);
        _text.Upsert(3, [4, 3]);
        _text.Upsert(4, [-1, 0]);
        _image.Upsert(0, [0, 0, 0]);
        _image.Upsert(1, [3, 0, 0]);
        _image.Upsert(2, [0, 1, 0]);
        _image.Upsert(3, [0, 0, 2]);
    }

    [Fact]
    public void A_seed_finds_its_neighbours_by_the_metric_of_the_space()
    {
        var text = new VectorSource(new SpaceVectors(_text));
        Assert.Equal("vectors:text", text.Name);
        Assert.Equal([(3, 0.8f, 0), (1, 0.6f, 0), (2, 0f, 0)], Run(text, Context(UserSession.Empty("u"), limit: 3, seed: 0)));
        // Squared distances 1, 4 and 9.
        var near = Run(new VectorSource(new SpaceVectors(_image)), Context(UserSession.Empty("u"), limit: 3, seed: 0));
        Assert.Equal([(2, 0), (3, 0), (1, 0)], near.Select(n => (n.Item, n.Because)));
        Assert.Equal([1 / 2f, 1 / 5f, 1 / 10f], near.Select(n => n.Score));
        Assert.Empty(Run(text, Context(UserSession.Empty("u"), limit: 3, seed: 5)));
        Assert.Empty(Run(text, Context(UserSession.Empty("u"), limit: 3)));
    }

    [Fact]
    public void A_session_takes_the_best_of_what_each_of_its_items_leads_to()
    {
        // Item 2 newest with log2(1 + 1) = 1, item 5 without a vector, item 0 two steps back with 0.85^2 log2(1 + 1).
        var session = new UserSession { UserId = "u", History = [new(0, 1, 1), new(5, 1, 2), new(2, 1, 3)] };
        var sum = 1 + 0.85 + 0.7225;
        var found = Run(new VectorSource(new SpaceVectors(_text)), Context(session, limit: 5, without: [0, 2]));
        // Item 1: 0.8 from item 2 against 0.6 x 0.7225 from item 0; item 3: 0.6 against 0.8 x 0.7225 = 0.578; item 4: 0 against -0.7225.
        Assert.Equal([(1, 2), (3, 2), (4, 2)], found.Select(f => (f.Item, f.Because)));
        Assert.Equal(0.8 / sum, found[0].Score, 5);
        Assert.Equal(0.6 / sum, found[1].Score, 5);
        Assert.Equal(0, found[2].Score, 5);
    }

    [Fact]
    public void Only_eligible_items_are_found_and_a_write_shows_on_the_next_page()
    {
        var source = new VectorSource(new SpaceVectors(_text));
        Assert.Equal([1], Run(source, Context(UserSession.Empty("u"), limit: 3, seed: 0, without: [2, 3, 4])).Select(f => f.Item));
        _text.Upsert(5, [1, 0.1f]);
        _text.Remove(3);
        Assert.Equal([5, 1, 2], Run(source, Context(UserSession.Empty("u"), limit: 3, seed: 0)).Select(f => f.Item));
    }

    private static (int Item, float Score, int Because)[] Run(VectorSource source, RetrievalContext context) =>
        [.. RetrievalWorld.Run(source, context).Span.ToArray().Select(c => (c.Item, c.Score, c.Because))];

    private static RetrievalContext Context(UserSession session, int limit, int seed = -1, int[]? without = null)
    {
        var mask = Worlds.Mask(6, 1, new Random(1));
        foreach (var item in without ?? [])
            mask.Remove(item);
        return new RetrievalContext
        {
            Session = session,
            Model = null,
            UserVector = null,
            Eligible = mask,
            EligibleCount = mask.CountSet(),
            SeedItem = seed,
            NowMs = RetrievalWorld.Now,
            Limit = limit,
        };
    }
}
