using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Catalog;

public class CatalogStoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly SegmentedLogOptions Options = new() { SegmentBytes = 64 << 10 };

    private static Item Full(string id, double price = 9.99) => new()
    {
        Id = id,
        Title = "Ein „Titel“",
        Categories = ["Books", "Crime"],
        Tags = ["new"],
        Price = price,
        Attributes = new Dictionary<string, AttributeValue>
        {
            ["language"] = new AttributeValue.Text("de"),
            ["pages"] = new AttributeValue.Number(0.1 + 0.2),
            ["signed"] = new AttributeValue.Flag(true),
            ["authors"] = new AttributeValue.TextList(["A", "B \"C\""]),
        },
    };

    private static void AssertSame(ItemCatalog expected, ItemCatalog actual)
    {
        Assert.Equal(expected.ItemCount, actual.ItemCount);
        for (var number = 0; number < expected.Count; number++)
        {
            var id = expected.IdOf(number);
            Assert.True(actual.TryGetNumber(id, out _), id);
            var (a, b) = (expected.Get(id)?.Item, actual.Get(id)?.Item);
            Assert.Equal(a is null, b is null);
            if (a is null || b is null)
                continue;
            Assert.Equal((a.Id, a.Title, a.Price, a.Available, a.CreatedAt), (b.Id, b.Title, b.Price, b.Available, b.CreatedAt));
            Assert.Equal(a.Categories, b.Categories);
            Assert.Equal(a.Tags, b.Tags);
            Assert.Equal(a.Attributes.OrderBy(pair => pair.Key), b.Attributes.OrderBy(pair => pair.Key));
        }
    }

    [Fact]
    public async Task Items_of_every_kind_of_attribute_are_there_again_after_reopening()
    {
        using var folder = new TempFolder();
        var catalog = new ItemCatalog();
        await using (var store = CatalogStore.Open(folder.Path, Options, catalog, out _))
        {
            Assert.Equal(new CatalogReceipt(2, 0, 0, 1), await store.UpsertAsync([Full("a"), Full("b")], Now));
            Assert.Equal(new CatalogReceipt(0, 1, 1, 2), await store.UpsertAsync([Full("a"), Full("b", 5)], Now.AddDays(1)));
            Assert.True(await store.DeleteAsync("a"));
            Assert.False(await store.DeleteAsync("a"));
        }
        var again = new ItemCatalog();
        await using (CatalogStore.Open(folder.Path, Options, again, out var recovery))
            Assert.Equal(3, recovery.Records);
        AssertSame(catalog, again);
        Assert.Equal(catalog.Version, again.Version);
        Assert.Equal(Now, again.Get("b")!.Item.CreatedAt);
        var read = new ItemCatalog();
        CatalogStore.ReadInto(folder.Path, read);
        AssertSame(catalog, read);
    }

    [Fact]
    public async Task Items_that_are_there_already_are_not_logged_and_bad_ones_change_nothing()
    {
        using var folder = new TempFolder();
        var catalog = new ItemCatalog();
        await using var store = CatalogStore.Open(folder.Path, Options, catalog, out _);
        await store.UpsertAsync([Full("a"), Full("b")], Now);
        var bytes = new FileInfo(Segments(folder.Path)[0]).Length;
        Assert.Equal(new CatalogReceipt(0, 0, 2, 1), await store.UpsertAsync([Full("a"), Full("b")], Now.AddDays(3)));
        await Assert.ThrowsAsync<RecommenderException>(async () => await store.UpsertAsync([Full("c"), Full("d", -1)], Now));
        Assert.Equal(bytes, new FileInfo(Segments(folder.Path)[0]).Length);
        Assert.Equal((2, 1L), (catalog.ItemCount, catalog.Version));
    }

    [Fact]
    public async Task A_write_that_cannot_be_made_durable_is_refused_and_not_applied()
    {
        using var folder = new TempFolder();
        var catalog = new ItemCatalog();
        await using var store = CatalogStore.Open(folder.Path, Options with { MaxBytes = 256 << 10 }, catalog, out _);
        RecommenderException? refused = null;
        for (var i = 0; refused is null; i++)
        {
            try
            {
                await store.UpsertAsync([.. Enumerable.Range(0, 100).Select(j => Full($"{i}-{j}"))], Now);
            }
            catch (RecommenderException full)
            {
                refused = full;
            }
        }
        Assert.Equal(RefusalKind.StorageFull, refused.Kind);
        var again = new ItemCatalog();
        CatalogStore.ReadInto(folder.Path, again);
        AssertSame(catalog, again);
    }

    [Fact]
    public async Task Compaction_shrinks_the_log_to_the_present_items_and_deleted_ids_stay_known()
    {
        using var folder = new TempFolder();
        var catalog = new ItemCatalog();
        await using (var store = CatalogStore.Open(folder.Path, Options, catalog, out _))
        {
            for (var round = 0; round < 12; round++)
                for (var i = 0; i < 100; i++)
                    await store.UpsertAsync([Full($"item-{i}", round)], Now.AddMinutes(round));
            for (var i = 0; i < 50; i++)
                await store.DeleteAsync($"item-{i}");
            var before = Size();
            await store.CompactIfStaleAsync();
            Assert.True(Size() < before / 10, $"{Size()} of {before} bytes are left");
            var compacted = Size();
            await store.CompactIfStaleAsync();
            Assert.Equal(compacted, Size());
            await store.UpsertAsync([Full("item-99", 77)], Now.AddDays(1));
        }
        var again = new ItemCatalog();
        await using (CatalogStore.Open(folder.Path, Options, again, out _))
            AssertSame(catalog, again);
        Assert.Equal((100, 50), (again.Count, again.ItemCount));
        Assert.Equal(77, again.Get("item-99")!.Item.Price);

        long Size() => Segments(folder.Path).Sum(file => new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_reader_in_another_process_gets_a_whole_catalogue_while_it_is_compacted()
    {
        using var folder = new TempFolder();
        var catalog = new ItemCatalog();
        await using var store = CatalogStore.Open(folder.Path, Options, catalog, out _);
        await store.UpsertAsync([.. Enumerable.Range(0, 200).Select(i => Full($"item-{i}"))], Now);
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            var times = 0;
            do
            {
                var read = new ItemCatalog();
                CatalogStore.ReadInto(folder.Path, read);
                Assert.Equal(200, read.ItemCount);
                times++;
            }
            while (!stop.IsCancellationRequested);
            return times;
        });
        for (var i = 0; i < 6000; i++)
        {
            await store.UpsertAsync([Full($"item-{i % 200}", i)], Now);
            if (i % 300 == 0)
                await store.CompactIfStaleAsync();
        }
        stop.Cancel();
        Assert.True(await reading > 0);
    }
}
