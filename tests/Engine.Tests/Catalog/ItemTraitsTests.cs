namespace Recs.Engine.Tests.Catalog;

public sealed class ItemTraitsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 9)]
    [InlineData(10, 0)]
    [InlineData(1, 10)]
    [InlineData(4, 12)]
    public void Traits_say_of_an_item_what_the_item_says(int categories, int tags)
    {
        var catalog = new ItemCatalog();
        catalog.Upsert(
            [
                new Item { Id = "other", Categories = ["c1", "c9"], Tags = ["t2"] },
                new Item
                {
                    Id = "a",
                    Price = categories == 0 ? null : 19,
                    CreatedAt = Now.AddHours(-7),
                    Categories = [.. Enumerable.Range(0, categories).Select(n => $"c{n}")],
                    Tags = [.. Enumerable.Range(0, tags).Select(n => $"t{n}")],
                },
            ],
            Now);
        var item = catalog.Get("a")!;

        Assert.True(catalog.Traits.TryRead(item.Number, out var traits));
        Assert.Equal(item.CategoryCodes, traits.Terms(catalog).Categories.ToArray());
        Assert.Equal(item.TagCodes, traits.Terms(catalog).Tags.ToArray());
        Assert.Equal(item.LogPrice, traits.LogPrice);
        Assert.Equal(Now.AddHours(-7).ToUnixTimeMilliseconds(), traits.CreatedMs);
        Assert.True(traits.Available);
        catalog.Upsert([item.Item with { Available = false }], Now);
        Assert.True(catalog.Traits.TryRead(item.Number, out traits));
        Assert.False(traits.Available);
        Assert.Equal(64, System.Runtime.CompilerServices.Unsafe.SizeOf<ItemTraits>());
    }

    [Fact]
    public void A_deleted_item_an_id_alone_and_a_strange_number_have_no_traits()
    {
        var catalog = new ItemCatalog();
        catalog.Upsert([new Item { Id = "a", Categories = ["c"] }], Now);
        var number = catalog.Get("a")!.Number;
        catalog.Delete("a");
        Assert.False(catalog.Traits.TryRead(number, out _));
        Assert.False(catalog.Traits.TryRead(catalog.Intern("id alone"), out _));
        Assert.False(catalog.Traits.TryRead(-1, out _));
        Assert.False(catalog.Traits.TryRead(1_000_000, out _));

        catalog.Upsert([new Item { Id = "a", Tags = ["t"] }], Now);
        Assert.True(catalog.Traits.TryRead(number, out var traits));
        Assert.Equal((0, 1), (traits.Terms(catalog).Categories.Length, traits.Terms(catalog).Tags.Length));
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_write()
    {
        var catalog = new ItemCatalog();
        // Each of three forms has its own price, so that a row of two forms would show.
        Item Form(int form) => new()
        {
            Id = "a",
            Price = Math.Exp(form + 1) - 1,
            CreatedAt = Now.AddDays(form),
            Categories = [.. Enumerable.Repeat(0, form + 1).Select((_, n) => $"{form}-{n}")],
        };
        catalog.Upsert([Form(0), new Item { Id = "b" }], Now);
        var number = catalog.Get("a")!.Number;
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var read = 0;
            do
            {
                Assert.True(catalog.Traits.TryRead(number, out var traits));
                var form = (int)Math.Round(traits.LogPrice) - 1;
                Assert.Equal(Now.AddDays(form).ToUnixTimeMilliseconds(), traits.CreatedMs);
                var categories = traits.Terms(catalog).Categories;
                Assert.Equal(form + 1, categories.Length);
                foreach (var code in categories)
                    Assert.StartsWith($"{form}-", catalog.Terms.TextOf(code), StringComparison.Ordinal);
                read++;
            }
            while (!stop.IsCancellationRequested);
            return read;
        });
        for (var write = 0; write < 20_000 && !reader.IsCompleted; write++)
            catalog.Upsert([Form(write % 3)], Now);
        stop.Cancel();
        Assert.True(await reader > 0);
    }
}
