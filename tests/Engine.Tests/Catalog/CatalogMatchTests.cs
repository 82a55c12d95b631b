using Xunit.Abstractions;

namespace Recs.Engine.Tests.Catalog;

public class CatalogMatchTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 30, 400)]
    [InlineData(2, 300, 400)]
    [InlineData(3, 3000, 200)]
    [InlineData(4, 130, 1000)]
    public void A_mask_holds_exactly_the_available_items_that_match(int seed, int ids, int rounds)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var catalog = new ItemCatalog();
        var truth = new Dictionary<string, Item>();
        var mask = new ItemMask();
        for (var round = 0; round < rounds; round++)
        {
            Change(random, catalog, truth, ids);
            var filter = RandomItems.NextFilter(random);
            catalog.Match(filter, mask);
            Assert.Equal(catalog.Count, mask.Length);
            for (var number = 0; number < catalog.Count; number++)
            {
                var expected = truth.TryGetValue(catalog.IdOf(number), out var item) && item.Available && filter.Matches(item);
                Assert.True(expected == mask[number], $"seed {seed}, round {round}, item {catalog.IdOf(number)}: {filter}");
            }

            Assert.Equal(mask.CountSet(), Enumerable.Range(0, catalog.Count).Count(n => mask[n]));
        }
    }

    [Fact]
    public void Without_a_filter_every_available_item_passes()
    {
        var catalog = new ItemCatalog();
        catalog.Upsert([new Item { Id = "a" }, new Item { Id = "b", Available = false }, new Item { Id = "c" }], Now);
        catalog.Intern("known only");
        catalog.Delete("c");
        var mask = new ItemMask();
        catalog.Match(null, mask);
        Assert.Equal([true, false, false, false], Enumerable.Range(0, 4).Select(n => mask[n]));
        Assert.Equal((4, 2, 1), (catalog.Count, catalog.ItemCount, catalog.AvailableCount));
    }

    [Fact]
    public void A_posting_that_grows_dense_and_thins_out_again_stays_exact()
    {
        var random = new Random(7);
        var posting = new Posting();
        var truth = new SortedSet<int>();
        var seenDense = false;
        for (var step = 0; step < 40_000; step++)
        {
            var number = random.Next(20_000);
            var growing = step < 15_000;
            if (random.Next(10) < (growing ? 8 : 1))
                Assert.Equal(truth.Add(number), posting.Add(number, 20_000));
            else if (truth.Count > 0)
            {
                number = growing ? number : truth.ElementAt(random.Next(Math.Min(truth.Count, 50)));
                truth.Remove(number);
                posting.Remove(number);
            }

            seenDense |= posting.IsDense;
            Assert.Equal(truth.Count, posting.Count);
            if (step % 1000 == 0)
                Assert.Equal(truth, posting.Numbers());
        }

        Assert.True(seenDense);
        Assert.False(posting.IsDense);
        var words = new ulong[20_000 / 64 + 1];
        posting.OrInto(words);
        Assert.Equal(truth, Enumerable.Range(0, 20_000).Where(n => (words[n >> 6] >> (n & 63) & 1) != 0));
    }

    private static void Change(Random random, ItemCatalog catalog, Dictionary<string, Item> truth, int ids)
    {
        if (random.Next(3) == 0)
        {
            var id = $"i{random.Next(ids)}";
            Assert.Equal(truth.Remove(id), catalog.Delete(id));
            return;
        }

        var batch = Enumerable.Range(0, random.Next(1, 1 + Math.Max(2, ids / 20)))
            .Select(_ => $"i{random.Next(ids)}")
            .Distinct()
            .Select(id => RandomItems.Next(random, id))
            .ToList();
        catalog.Upsert(batch, Now);
        foreach (var item in batch)
            truth[item.Id] = item with { CreatedAt = item.CreatedAt ?? truth.GetValueOrDefault(item.Id)?.CreatedAt ?? Now };
    }
}
