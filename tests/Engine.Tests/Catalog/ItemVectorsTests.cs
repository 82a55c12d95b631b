using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Tests.Storage;

namespace Recs.Engine.Tests.Catalog;

public class ItemVectorsTests
{
    private const int Dimensions = 16;

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly VectorSpace[] Spaces =
        [new VectorSpace("text", Dimensions, SpaceMetric.Cosine), new VectorSpace("image", Dimensions + 4, SpaceMetric.InnerProduct)];

    private static readonly SegmentedLogOptions Options = new() { SegmentBytes = 64 << 10, Flush = FlushPolicy.EverySecond };

    [Fact]
    public async Task Random_writes_leave_what_a_plain_table_says_across_reopening_and_compaction()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        using var folder = new TempFolder();
        var expected = new Dictionary<string, Dictionary<string, float[]>>();
        var compactions = 0;
        for (var round = 0; round < 4; round++)
        {
            var catalog = Catalog();
            await using var store = CatalogStore.Open(folder.Path, Options, catalog, out _);
            catalog.Vectors.MakeSearchable();
            AssertHolds(expected, catalog);
            for (var write = 0; write < 600; write++)
            {
                var id = $"i{random.Next(40)}";
                if (random.Next(10) == 0)
                {
                    Assert.Equal(expected.Remove(id), await store.DeleteAsync(id));
                    continue;
                }

                if (!expected.TryGetValue(id, out var held))
                    expected[id] = held = [];
                var written = new Dictionary<string, ReadOnlyMemory<float>>();
                foreach (var space in Spaces)
                {
                    switch (random.Next(4))
                    {
                        case 0:
                            written[space.Name] = default;
                            held.Remove(space.Name);
                            break;
                        case 1:
                            var vector = RandomVector(random, space.Dimension);
                            (written[space.Name], held[space.Name]) = (vector, vector);
                            break;
                        default:
                            break;
                    }
                }

                await store.UpsertAsync([new Item { Id = id, Price = random.Next(5), Vectors = random.Next(5) == 0 && written.Count == 0 ? null : written }], Now);
            }

            var records = store.NextOrdinal;
            await store.CompactIfStaleAsync();
            compactions += store.NextOrdinal > records ? 1 : 0;
            AssertHolds(expected, catalog);
            var table = Catalog();
            CatalogStore.ReadInto(folder.Path, table);
            AssertHolds(expected, table);
        }

        Assert.True(compactions > 0, "the log was never compacted");
    }

    [Fact]
    public async Task A_reader_that_a_compaction_overtook_keeps_no_vector_that_was_removed_meanwhile()
    {
        using var folder = new TempFolder();
        var (catalog, behind) = (Catalog(), Catalog());
        await using var store = CatalogStore.Open(folder.Path, Options, catalog, out _);
        await store.UpsertAsync([WithText("a", 1), WithText("b", 2)], Now);
        foreach (var record in store.ReadFrom(0, long.MaxValue, out _))
            CatalogStore.Apply(record, behind);
        await store.UpsertAsync([new Item { Id = "a", Vectors = Vectors("text", default) }], Now);
        for (var n = 0; n < 1_200; n++)
            await store.UpsertAsync([WithText("b", n)], Now);
        var next = store.NextOrdinal;
        await store.CompactIfStaleAsync();
        foreach (var record in store.ReadFrom(next, long.MaxValue, out _))
            CatalogStore.Apply(record, behind);
        Assert.Null(behind.Read("a")!.Vectors);
        Assert.Equal(1199, behind.Read("b")!.Vectors!["text"].Span[0]);
    }

    [Fact]
    public async Task A_log_with_vectors_of_an_undeclared_space_is_refused_unless_its_reader_passes_them_over()
    {
        using var folder = new TempFolder();
        await using (var store = CatalogStore.Open(folder.Path, Options, Catalog(), out _))
            await store.UpsertAsync([WithText("a", 1)], Now);
        var without = new ItemCatalog(10, new ItemVectors([Spaces[1]]));
        Assert.Contains("'a' in space 'text'", Assert.Throws<InvalidDataException>(() => CatalogStore.ReadInto(folder.Path, without)).Message, StringComparison.Ordinal);
        var shorter = new ItemCatalog(10, new ItemVectors([new VectorSpace("text", 20, SpaceMetric.Cosine)]));
        Assert.Throws<InvalidDataException>(() => CatalogStore.ReadInto(folder.Path, shorter));
        var trainer = new ItemCatalog(10);
        CatalogStore.ReadInto(folder.Path, trainer);
        Assert.Null(trainer.Read("a")!.Vectors);
        // What a catalogue without spaces is given by a caller is refused all the same.
        Assert.Contains("no space is configured", Assert.Throws<RecommenderException>(() => trainer.Upsert([WithText("b", 1)], Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_past_the_cap_is_refused_and_changes_nothing()
    {
        // Room for two vectors of 16 values.
        var catalog = new ItemCatalog(10, new ItemVectors(Spaces, 2 * 16 * 4));
        catalog.Upsert([WithText("a", 1)], Now);
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RecommenderException>(() => catalog.Upsert([WithText("b", 1), WithText("c", 1)], Now)).Kind);
        Assert.Null(catalog.Read("b"));
        catalog.Upsert([WithText("b", 1), WithText("a", 5)], Now);
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RecommenderException>(() => catalog.Upsert([WithText("c", 1)], Now)).Kind);
        catalog.Delete("a");
        catalog.Upsert([WithText("c", 1)], Now);
        Assert.Equal(2, catalog.Vectors.Find("text")!.Count);
    }

    [Fact]
    public void A_batch_of_more_vectors_than_one_call_may_carry_is_refused()
    {
        // 16 MiB are 4,096 vectors of 1,024 values: 1,000 items with one in each of five spaces are more.
        var vector = new float[1024];
        var vectors = Enumerable.Range(0, 5).ToDictionary(n => $"s{n}", _ => (ReadOnlyMemory<float>)vector);
        var refusal = Assert.Throws<RecommenderException>(() => ItemCatalog.Validate([.. Enumerable.Range(0, 1_000).Select(i => new Item { Id = $"i{i}", Vectors = vectors })]));
        Assert.Equal(RefusalKind.TooLarge, refusal.Kind);
        ItemCatalog.Validate([.. Enumerable.Range(0, 800).Select(i => new Item { Id = $"i{i}", Vectors = vectors })]);
    }

    [Fact]
    public void Spaces_are_read_as_written_and_refused_with_the_reason()
    {
        Assert.Equal(new VectorSpace("text", 384, SpaceMetric.Cosine), SpaceRules.Parse("text:384", "space"));
        Assert.Equal(new VectorSpace("im-1", 16, SpaceMetric.Euclidean), SpaceRules.Parse("im-1:16:l2", "space"));
        Assert.Equal("a:1024:ip", SpaceRules.TextOf(SpaceRules.Parse("a:1024:ip", "space")));
        foreach (var bad in new[] { "text", "text:", "text:15", "text:1025", "text:-16", "text:16:angle", "text:16:ip:x", "Text:16", ":16", "a/b:16" })
            Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => SpaceRules.Parse(bad, "space")).Kind);
        var legal = Enumerable.Range(0, Limits.MaxSpaces).Select(n => new VectorSpace($"s{n}", 16, SpaceMetric.Cosine)).ToArray();
        SpaceRules.Check(legal);
        foreach (var bad in new VectorSpace[][]
        {
            [.. legal, new VectorSpace("more", 16, SpaceMetric.Cosine)],
            [legal[0], new VectorSpace("s0", 20, SpaceMetric.Cosine)],
            [new VectorSpace("behaviour", 16, SpaceMetric.Cosine)],
            [new VectorSpace("short", 15, SpaceMetric.Cosine)],
        })
        {
            Assert.Throws<RecommenderException>(() => SpaceRules.Check(bad));
        }
    }

    private static ItemCatalog Catalog() => new(1_000, new ItemVectors(Spaces));

    private static Dictionary<string, ReadOnlyMemory<float>> Vectors(string space, ReadOnlyMemory<float> vector) => new() { [space] = vector };

    private static Item WithText(string id, float first)
    {
        var vector = new float[Dimensions];
        vector[0] = first;
        return new Item { Id = id, Vectors = Vectors("text", vector) };
    }

    private static float[] RandomVector(Random random, int dimension)
    {
        var vector = new float[dimension];
        foreach (ref var value in vector.AsSpan())
            value = random.NextSingle() - 0.5f;
        return vector;
    }

    private static void AssertHolds(Dictionary<string, Dictionary<string, float[]>> expected, ItemCatalog catalog)
    {
        Assert.Equal(expected.Count, catalog.ItemCount);
        foreach (var (id, vectors) in expected)
        {
            var item = catalog.Read(id)!;
            Assert.Null(catalog.Get(id)!.Item.Vectors);
            Assert.Equal(vectors.Keys.Order(), (item.Vectors?.Keys ?? []).Order());
            foreach (var (space, vector) in vectors)
                Assert.Equal(vector, item.Vectors![space].ToArray());
        }

        foreach (var space in catalog.Vectors.Spaces)
            Assert.Equal(expected.Values.Count(v => v.ContainsKey(space.Space.Name)), space.Count);
    }
}
