namespace Recs.Engine.Tests.Catalog;

public class CatalogConcurrencyTests
{
    [Fact]
    public async Task Readers_beside_a_writer_see_only_items_that_were_written()
    {
        const int ids = 3000;
        var catalog = new ItemCatalog();
        var filters = Enumerable.Range(0, 50).Select(seed => RandomItems.NextFilter(new Random(seed))).ToArray();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var random = new Random(100 + reader);
            var mask = new ItemMask();
            var rounds = 0;
            while (!stop.IsCancellationRequested || rounds < 50)
            {
                rounds++;
                catalog.Match(filters[random.Next(filters.Length)], mask);
                Assert.True(mask.Length <= catalog.Count);
                if (mask.Length > 0)
                    Check(catalog, random.Next(mask.Length));
                if (catalog.Terms.TryGet("books", out var code))
                {
                    foreach (var number in catalog.InCategory(code).Span)
                        Check(catalog, number);
                }
            }

            return rounds;
        })).ToArray();

        var random = new Random(1);
        for (var write = 0; write < 1500; write++)
        {
            // Every version of an item says in its price and brand which item it is.
            var batch = Enumerable.Range(0, 20).Select(_ => random.Next(ids)).Distinct().Select(n => RandomItems.Next(random, $"i{n}") with
            {
                Price = n,
                Title = $"i{n}",
            }).ToArray();
            catalog.Upsert(batch, RandomItems.Start);
            catalog.Delete($"i{random.Next(ids)}");
            catalog.Intern($"known {random.Next(ids)}");
        }

        stop.Cancel();
        var rounds = await Task.WhenAll(readers);
        Assert.All(rounds, r => Assert.True(r >= 50));
    }

    private static void Check(ItemCatalog catalog, int number)
    {
        var id = catalog.IdOf(number);
        if (catalog.Get(number) is not { } item)
            return;
        Assert.Equal((number, id, id), (item.Number, item.Item.Id, item.Item.Title));
        Assert.Equal($"i{item.Item.Price}", id);
        Assert.Equal(item.Item.Categories, item.CategoryCodes.Select(catalog.Terms.TextOf));
    }
}
