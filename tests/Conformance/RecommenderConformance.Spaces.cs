using Recs.Engine.Retrieval.Vectors;

namespace Recs.Conformance;

public abstract partial class RecommenderConformance
{
    private const int Dimensions = 16;

    /// <summary>The named spaces that a host of this suite is made with.</summary>
    public static IReadOnlyList<VectorSpace> Spaces { get; } =
        [new VectorSpace("text", Dimensions, SpaceMetric.Cosine), new VectorSpace("image", Dimensions, SpaceMetric.Euclidean)];

    [SkippableFact]
    public async Task The_nearest_of_a_space_come_by_its_metric_and_pass_the_filter()
    {
        // Angles from the seed's 0 in text: b 0.8, c 0.6, d 0. Squared distances from the seed in image: d 1, c 4, b 9.
        await using var four = await FourItems.WriteAsync(Recommender);
        var ids = four.Ids;
        var text = await NearAsync(ids[0], "text");
        Assert.Equal([ids[1], ids[2], ids[3]], text.Items.Select(i => i.Id));
        Assert.All(text.Items, i => Assert.Equal(["vectors:text"], i.Sources));
        Assert.Equal([0.8, 0.6, 0], text.Items.Select(i => Math.Round(i.Explanation!.SourceScores["vectors:text"], 5)));
        var image = await NearAsync(ids[0], "image");
        Assert.Equal([ids[3], ids[2], ids[1]], image.Items.Select(i => i.Id));
        Assert.Equal([1 / 2d, 1 / 5d, 1 / 10d], image.Items.Select(i => Math.Round(i.Explanation!.SourceScores["vectors:image"], 5)));
        Assert.Equal([ids[1]], (await NearAsync(ids[0], "text", "price < 2")).Items.Select(i => i.Id));
    }

    [SkippableFact]
    public async Task A_vector_is_replaced_removed_and_deleted_live_and_kept_where_a_write_does_not_name_it()
    {
        await using var four = await FourItems.WriteAsync(Recommender);
        var ids = four.Ids;
        var item = (await Recommender.GetItemAsync(ids[1]))!;
        Assert.Equal([4f, 3f], item.Vectors!["text"].ToArray()[..2]);
        Assert.Equal(["image", "text"], item.Vectors.Keys.Order());

        // Now opposite to the seed: the last one.
        await WriteAsync(item, ("text", Vector(-1, 0)));
        Assert.Equal([ids[2], ids[3], ids[1]], (await NearAsync(ids[0], "text")).Items.Select(i => i.Id));
        Assert.Equal([ids[3], ids[2], ids[1]], (await NearAsync(ids[0], "image")).Items.Select(i => i.Id));

        // A price feed knows of no vectors.
        Assert.Equal((0, 1, 0), Counts(await Recommender.UpsertItemsAsync([item with { Price = 77, Vectors = null }])));
        var kept = (await Recommender.GetItemAsync(ids[1]))!;
        Assert.Equal((77, -1f), (kept.Price, kept.Vectors!["text"].Span[0]));
        Assert.Equal((0, 0, 1), Counts(await Recommender.UpsertItemsAsync([item with { Price = 77, Vectors = Vectors(("text", Vector(-1, 0))) }])));

        await WriteAsync(item, ("text", default));
        Assert.Equal([ids[2], ids[3]], (await NearAsync(ids[0], "text")).Items.Select(i => i.Id));
        Assert.Equal(["image"], (await Recommender.GetItemAsync(ids[1]))!.Vectors!.Keys);

        await Recommender.DeleteItemAsync(ids[2]);
        Assert.Equal([ids[3]], (await NearAsync(ids[0], "text")).Items.Select(i => i.Id));
        // Deleted with its vectors: who comes back under the id has none.
        await Recommender.UpsertItemsAsync([item with { Id = ids[2], Vectors = null }]);
        Assert.Null((await Recommender.GetItemAsync(ids[2]))!.Vectors);
        Assert.Equal([ids[3], ids[1]], (await NearAsync(ids[0], "image")).Items.Select(i => i.Id));
    }

    [SkippableFact]
    public async Task What_somebody_looked_at_brings_its_neighbours_onto_the_next_page()
    {
        await using var four = await FourItems.WriteAsync(Recommender);
        var ids = four.Ids;
        var filter = await MarkOf(ids[0]);
        var user = NewUser();
        var after = await ObserveAsync(new Interaction { UserId = user, ItemId = ids[0], Type = InteractionType.Like });
        var page = await Recommender.RecommendAsync(new PageRequest
        {
            UserId = user,
            After = after,
            Filter = filter,
            Explain = true,
            WhyNot = [ids[0]],
            Deadline = TimeSpan.FromSeconds(10),
        });
        Assert.Empty(page.Degraded);
        var found = page.Items.Single(i => i.Id == ids[1]);
        Assert.Contains("vectors:text", found.Sources);
        Assert.Equal(0.8, found.Explanation!.SourceScores["vectors:text"], 5);
        Assert.Equal("Because you liked First", found.Reason);
        Assert.Equal(3, page.Explanation!.Sources.Single(s => s.Source == "vectors:text").Candidates);
        Assert.Equal("session", Assert.Single(page.Explanation.WhyNot).Stage);
        var similar = await Recommender.SimilarAsync(new SimilarRequest { ItemId = ids[0], Filter = filter, Deadline = TimeSpan.FromSeconds(10) });
        Assert.Equal(["vectors:image", "vectors:text"], similar.Items.Single(i => i.Id == ids[1]).Sources.Where(s => s.StartsWith("vectors", StringComparison.Ordinal)).Order());
    }

    [SkippableFact]
    public async Task Vectors_that_fit_no_space_are_refused_whole()
    {
        await using var four = await FourItems.WriteAsync(Recommender);
        var ids = four.Ids;
        var good = MakeItem(2) with { Id = "must-not-appear", Vectors = Vectors(("text", Vector(1, 1))) };
        foreach (var (vectors, said) in new (Dictionary<string, ReadOnlyMemory<float>> Vectors, string Said)[]
        {
            (Vectors(("sound", Vector(1))), "text, image"),
            (Vectors(("text", new float[Dimensions - 1])), "16 values"),
            (Vectors(("text", new float[Limits.MaxDimensions + 1])), "1024"),
            (Vectors(("text", Vector(0, float.NaN))), "vectors.text[1]"),
            (Vectors(("image", Vector(float.PositiveInfinity))), "finite"),
        })
        {
            var refusal = await RefusedAsync(async () => await Recommender.UpsertItemsAsync([good, MakeItem(1) with { Vectors = vectors }]), RefusalKind.Invalid);
            Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(1, refusal.Index);
        }

        Assert.Null(await Recommender.GetItemAsync("must-not-appear"));
        Assert.Contains("text, image", (await RefusedAsync(() => NearAsync(ids[0], "sound"), RefusalKind.Invalid)).Message, StringComparison.Ordinal);
        Assert.Contains("has no vector", (await RefusedAsync(() => NearAsync("i3", "text"), RefusalKind.NotFound)).Message, StringComparison.Ordinal);
        Assert.Equal(["text", "image"], (await Recommender.StatusAsync()).Spaces!.Select(s => s.Name));
    }

    private static (int, int, int) Counts(CatalogReceipt receipt) => (receipt.Added, receipt.Replaced, receipt.Unchanged);

    private static float[] Vector(params float[] first)
    {
        var vector = new float[Dimensions];
        first.CopyTo(vector, 0);
        return vector;
    }

    private static Dictionary<string, ReadOnlyMemory<float>> Vectors(params (string Space, ReadOnlyMemory<float> Vector)[] vectors)
    {
        var map = new Dictionary<string, ReadOnlyMemory<float>>();
        foreach (var (space, vector) in vectors)
            map[space] = vector;
        return map;
    }

    private async Task<ItemFilter> MarkOf(string id, string more = "true") =>
        ItemFilter.Parse($"mark = \"{((AttributeValue.Text)(await Recommender.GetItemAsync(id))!.Attributes["mark"]).Value}\"{(more == "true" ? "" : " and " + more)}");

    private Task WriteAsync(Item item, (string Space, ReadOnlyMemory<float> Vector) vector) =>
        Recommender.UpsertItemsAsync([item with { Vectors = Vectors(vector) }]).AsTask();

    private async Task<Page> NearAsync(string id, string space, string more = "true") => await Recommender.SimilarAsync(new SimilarRequest
    {
        ItemId = id,
        Space = space,
        Explain = true,
        Filter = await MarkOfOrNull(id, more),
        Deadline = TimeSpan.FromSeconds(10),
    });

    private async Task<ItemFilter?> MarkOfOrNull(string id, string more) =>
        (await Recommender.GetItemAsync(id))!.Attributes.ContainsKey("mark") ? await MarkOf(id, more) : null;

    /// <summary>Four items with vectors, which are deleted again: the other tests count what the catalogue has.</summary>
    private sealed class FourItems(IRecommender recommender, string[] ids) : IAsyncDisposable
    {
        public string[] Ids => ids;

        public static async Task<FourItems> WriteAsync(IRecommender recommender)
        {
            var mark = NewUser();
            string[] ids = [.. "abcd".Select(c => $"{mark}-{c}")];
            float[][] text = [Vector(2, 0), Vector(4, 3), Vector(3, 4), Vector(0, 1)];
            float[][] image = [Vector(0), Vector(3), Vector(0, 2), Vector(0, 0, 1)];
            await recommender.UpsertItemsAsync([.. ids.Select((id, n) => new Item
            {
                Id = id,
                Title = n == 0 ? "First" : "",
                Price = n,
                Attributes = new Dictionary<string, AttributeValue> { ["mark"] = new AttributeValue.Text(mark) },
                Vectors = Vectors(("text", text[n]), ("image", image[n])),
            })]);
            return new FourItems(recommender, ids);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var id in ids)
                await recommender.DeleteItemAsync(id);
        }
    }
}
