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
    public void What_a_batch_removes_makes_room_for_what_it_adds()
    {
        var catalog = new ItemCatalog(10, new ItemVectors(Spaces, 2 * 16 * 4));
        catalog.Upsert([WithText("a", 1), WithText("b", 1)], Now);
        catalog.Upsert([WithText("c", 1), new Item { Id = "a", Vectors = Vectors("text", default) }], Now);
        Assert.Equal((2, null), (catalog.Vectors.Find("text")!.Count, catalog.Read("a")!.Vectors));
        Assert.Throws<RecommenderException>(() => catalog.Upsert([WithText("d", 1), WithText("e", 1), new Item { Id = "b", Vectors = Vectors("text", default) }], Now));
    }

    [Fact]
    public async Task A_log_is_read_whole_with_smaller_caps_than_it_was_written_with_and_only_additions_are_refused()
    {
        using var folder = new TempFolder();
        var written = new ItemCatalog(8, new ItemVectors(Spaces, 6 * 16 * 4));
        await using (var store = CatalogStore.Open(folder.Path, Options, written, out _))
        {
            await store.UpsertAsync([.. Enumerable.Range(0, 6).Select(n => WithText($"i{n}", n))], Now);
            await store.UpsertAsync([new Item { Id = "gone" }], Now);
            await store.DeleteAsync("gone");
            Assert.Equal(RefusalKind.TooLarge, (await Assert.ThrowsAsync<RecommenderException>(async () => await store.UpsertAsync([WithText("more", 1)], Now))).Kind);
            Assert.Null(written.Excess);
            // Once as it was written, and once as a compaction leaves it.
            await ReopensAsync();
            for (var n = 0; n < 1_200; n++)
                await store.UpsertAsync([WithText("i0", n % 2 == 0 ? -1 : 0)], Now);
            var next = store.NextOrdinal;
            await store.CompactIfStaleAsync();
            Assert.True(store.NextOrdinal > next, "the log was not compacted");
        }

        await ReopensAsync();
        var smaller = new ItemCatalog(4, new ItemVectors(Spaces, 3 * 16 * 4));
        await using var opened = CatalogStore.Open(folder.Path, Options, smaller, out _);
        foreach (var added in new[] { WithText("new", 1), new Item { Id = "new" }, new Item { Id = "i1", Vectors = Vectors("image", new float[Dimensions + 4]) } })
            Assert.Equal(RefusalKind.TooLarge, (await Assert.ThrowsAsync<RecommenderException>(async () => await opened.UpsertAsync([added], Now))).Kind);
        Assert.Equal(1, (await opened.UpsertAsync([WithText("i1", 7)], Now)).Replaced);
        Assert.Equal(7, smaller.Read("i1")!.Vectors!["text"].Span[0]);
        Assert.Equal("7 item ids of at most 4 and 384 bytes of vectors of at most 192", smaller.Excess);

        async Task ReopensAsync()
        {
            using var copy = new TempFolder();
            foreach (var file in Directory.EnumerateFiles(folder.Path))
                await File.WriteAllBytesAsync(Path.Combine(copy.Path, Path.GetFileName(file)), await ReadSharedAsync(file));
            var small = new ItemCatalog(4, new ItemVectors(Spaces, 3 * 16 * 4));
            await using var store = CatalogStore.Open(copy.Path, Options, small, out _);
            for (var n = 0; n < 6; n++)
                Assert.Equal(n, small.Read($"i{n}")!.Vectors!["text"].Span[0]);
            Assert.Equal((6, 7, true), (small.ItemCount, small.Count, small.TryGetNumber("gone", out _)));
        }
    }

    [Fact]
    public async Task What_was_logged_is_what_is_served_though_the_caller_writes_over_its_vector_at_once()
    {
        using var folder = new TempFolder();
        var catalog = Catalog();
        await using (var store = CatalogStore.Open(folder.Path, Options with { Flush = FlushPolicy.EveryCommit }, catalog, out _))
        {
            catalog.Vectors.MakeSearchable();
            for (var n = 0; n < 20; n++)
            {
                var vector = new float[Dimensions];
                Array.Fill(vector, 1);
                var write = store.UpsertAsync([new Item { Id = $"i{n}", Vectors = Vectors("text", vector) }], Now);
                Array.Fill(vector, float.NaN);
                await write;
            }
        }

        var reread = Catalog();
        CatalogStore.ReadInto(folder.Path, reread);
        foreach (var held in new[] { catalog, reread })
        {
            for (var n = 0; n < 20; n++)
                Assert.All(held.Read($"i{n}")!.Vectors!["text"].ToArray(), value => Assert.Equal(1, value));
        }
    }

    [Fact]
    public async Task The_figures_of_a_space_stay_while_its_index_is_built()
    {
        var catalog = new ItemCatalog(10_000, new ItemVectors([Spaces[0]]));
        var random = new Random(4);
        foreach (var batch in Enumerable.Range(0, 6_000).Chunk(1_000))
            catalog.Upsert([.. batch.Select(n => new Item { Id = $"i{n}", Vectors = Vectors("text", RandomVector(random, Dimensions)) })], Now);
        var space = catalog.Vectors.Find("text")!;
        var building = Task.Run(catalog.Vectors.MakeSearchable);
        while (!building.IsCompleted)
        {
            Assert.Equal(6_000, space.Count);
            Assert.Equal(6_000 * 64, space.VectorBytes);
            Assert.InRange(space.MemoryBytes, 6_000 * 64, long.MaxValue);
        }

        await building;
        Assert.Equal(6_000, space.Count);
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

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        return bytes;
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
