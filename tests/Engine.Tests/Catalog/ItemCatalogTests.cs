namespace Recs.Engine.Tests.Catalog;

public class ItemCatalogTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private readonly ItemCatalog _catalog = new();

    [Fact]
    public void A_receipt_counts_added_replaced_and_unchanged_items()
    {
        Assert.Equal(new CatalogReceipt(2, 0, 0, 1), _catalog.Upsert([Full("a"), Full("b")], Now));
        Assert.Equal(new CatalogReceipt(1, 1, 1, 2), _catalog.Upsert([Full("a"), Full("b") with { Price = 2 }, Full("c")], Now.AddDays(1)));
        Assert.Equal(new CatalogReceipt(0, 0, 3, 2), _catalog.Upsert([Full("a"), Full("b") with { Price = 2 }, Full("c")], Now.AddDays(2)));
        Assert.Equal(2, _catalog.Version);
    }

    public static TheoryData<string, Func<Item, Item>> Differences => new()
    {
        { "title", i => i with { Title = "other" } },
        { "categories", i => i with { Categories = ["books"] } },
        { "order of categories", i => i with { Categories = ["used", "books"] } },
        { "tags", i => i with { Tags = ["t1", "t2"] } },
        { "price", i => i with { Price = null } },
        { "available", i => i with { Available = false } },
        { "createdAt", i => i with { CreatedAt = Now.AddHours(1) } },
        { "attribute removed", i => i with { Attributes = new Dictionary<string, AttributeValue>() } },
        { "list attribute", i => i with { Attributes = With(i, "l", new AttributeValue.TextList(["y"])) } },
        { "attribute type", i => i with { Attributes = With(i, "n", new AttributeValue.Text("1")) } },
        { "attribute added", i => i with { Attributes = With(i, "new", new AttributeValue.Flag(false)) } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Any_difference_is_a_change(string what, Func<Item, Item> change)
    {
        _catalog.Upsert([Full("a")], Now);
        Assert.True(_catalog.Upsert([change(Full("a"))], Now).Replaced == 1, what);
        Assert.True(_catalog.Upsert([Full("a") with { CreatedAt = Now }], Now).Replaced == 1, $"{what}, back");
    }

    [Fact]
    public void The_first_write_dates_an_item_and_a_replacement_keeps_the_date()
    {
        _catalog.Upsert([new Item { Id = "a" }], Now);
        _catalog.Upsert([new Item { Id = "a", Price = 1 }], Now.AddDays(1));
        Assert.Equal(Now, _catalog.Get("a")!.Item.CreatedAt);
        Assert.Equal(Now.ToUnixTimeMilliseconds(), _catalog.Get("a")!.CreatedMs);
        _catalog.Delete("a");
        _catalog.Upsert([new Item { Id = "a" }], Now.AddDays(2));
        Assert.Equal(Now.AddDays(2), _catalog.Get("a")!.Item.CreatedAt);
    }

    [Fact]
    public void Changes_says_beforehand_what_a_write_would_keep()
    {
        _catalog.Upsert([Full("a")], Now);
        var changes = _catalog.Changes([Full("a"), new Item { Id = "b" }], Now.AddDays(1));
        Assert.Equal(("b", Now.AddDays(1)), (Assert.Single(changes).Id, changes[0].CreatedAt));
        Assert.Equal((1L, 1), (_catalog.Version, _catalog.Count));
    }

    [Fact]
    public void A_number_stays_with_its_id_through_delete_and_return()
    {
        var number = _catalog.Intern("a");
        Assert.Null(_catalog.Get(number));
        _catalog.Upsert([Full("b"), Full("a")], Now);
        Assert.True(_catalog.Delete("a"));
        Assert.False(_catalog.Delete("a"));
        Assert.False(_catalog.Delete("never"));
        Assert.Null(_catalog.Get("a"));
        Assert.True(_catalog.TryGetNumber("a", out var known));
        Assert.Equal((number, number, "a"), (known, _catalog.Intern("a"), _catalog.IdOf(number)));
        Assert.Equal(2, _catalog.Version);
        Assert.Throws<ArgumentOutOfRangeException>(() => _catalog.IdOf(2));
        Assert.Null(_catalog.Get(-1));
    }

    [Fact]
    public void The_catalogue_keeps_its_own_copy_of_lists()
    {
        var categories = new List<string> { "x", "x", "y" };
        var attributes = new Dictionary<string, AttributeValue> { ["n"] = new AttributeValue.Number(1) };
        _catalog.Upsert([new Item { Id = "a", Categories = categories, Attributes = attributes }], Now);
        categories[0] = "changed";
        attributes.Clear();
        Assert.Equal(["x", "y"], _catalog.Get("a")!.Item.Categories);
        Assert.Single(_catalog.Get("a")!.Item.Attributes);
    }

    public static TheoryData<string, Item> IllegalItems => new()
    {
        { "id", new Item { Id = "" } },
        { "id", new Item { Id = "  " } },
        { "id", new Item { Id = new string('x', 129) } },
        { "id", new Item { Id = "a\nb" } },
        { "id", new Item { Id = "a\ud800" } },
        { "id", new Item { Id = null! } },
        { "id", new Item { Id = "ok" } },
        { "title", new Item { Id = "a", Title = new string('x', 513) } },
        { "title", new Item { Id = "a", Title = null! } },
        { "categories", new Item { Id = "a", Categories = Enumerable.Range(0, 17).Select(i => $"{i}").ToArray() } },
        { "categories[1]", new Item { Id = "a", Categories = ["x", " "] } },
        { "categories", new Item { Id = "a", Categories = null! } },
        { "tags[0]", new Item { Id = "a", Tags = [new string('x', 129)] } },
        { "tags", new Item { Id = "a", Tags = Enumerable.Range(0, 65).Select(i => $"{i}").ToArray() } },
        { "price", new Item { Id = "a", Price = -0.01 } },
        { "price", new Item { Id = "a", Price = double.NaN } },
        { "price", new Item { Id = "a", Price = double.PositiveInfinity } },
        { "createdAt", new Item { Id = "a", CreatedAt = default(DateTimeOffset) } },
        { "attributes", new Item { Id = "a", Attributes = Named("price") } },
        { "attributes", new Item { Id = "a", Attributes = Named("tags") } },
        { "attributes", new Item { Id = "a", Attributes = Named("two words") } },
        { "attributes", new Item { Id = "a", Attributes = Named("Between") } },
        { "attributes", new Item { Id = "a", Attributes = Named("") } },
        { "attributes.n", new Item { Id = "a", Attributes = Valued(new AttributeValue.Number(double.NaN)) } },
        { "attributes.n", new Item { Id = "a", Attributes = Valued(new AttributeValue.Text("\u0007")) } },
        { "attributes.n[0]", new Item { Id = "a", Attributes = Valued(new AttributeValue.TextList([""])) } },
        { "attributes.n", new Item { Id = "a", Attributes = Valued(null!) } },
        { "attributes", new Item { Id = "a", Attributes = Enumerable.Range(0, 65).ToDictionary(i => $"n{i}", _ => (AttributeValue)new AttributeValue.Flag(true)) } },
    };

    [Theory]
    [MemberData(nameof(IllegalItems))]
    public void An_illegal_item_is_named_and_refuses_its_batch(string field, Item item)
    {
        // The id "ok" is illegal only because the batch has it already.
        Item[] batch = [new Item { Id = "ok" }, item];
        foreach (var call in new Action[] { () => ItemCatalog.Validate(batch), () => _catalog.Upsert(batch, Now), () => _catalog.Changes(batch, Now) })
        {
            var e = Assert.Throws<RecommenderException>(call);
            Assert.Equal((RefusalKind.Invalid, field, (int?)1), (e.Kind, e.Field, e.Index));
            Assert.NotEmpty(e.Legal!);
        }

        Assert.Equal((0, 0L), (_catalog.Count, _catalog.Version));
    }

    [Fact]
    public void A_batch_has_one_to_a_thousand_items()
    {
        Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => ItemCatalog.Validate([])).Kind);
        var many = Enumerable.Range(0, 1001).Select(i => new Item { Id = $"{i}" }).ToArray();
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RecommenderException>(() => ItemCatalog.Validate(many)).Kind);
        ItemCatalog.Validate(many[..1000]);
    }

    [Fact]
    public void Ids_past_the_capacity_are_refused_whole()
    {
        var catalog = new ItemCatalog(capacity: 3);
        catalog.Upsert([Full("a"), Full("b")], Now);
        var e = Assert.Throws<RecommenderException>(() => catalog.Upsert([Full("a") with { Price = 9 }, Full("c"), Full("d")], Now));
        Assert.Equal(RefusalKind.TooLarge, e.Kind);
        Assert.Contains("at most 3", e.Message, StringComparison.Ordinal);
        Assert.Equal((2, 1L, 1.5), (catalog.Count, catalog.Version, catalog.Get("a")!.Item.Price));
        Assert.Equal(2, catalog.Intern("c"));
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RecommenderException>(() => catalog.Intern("d")).Kind);
        Assert.Equal(2, catalog.Intern("c"));
        Assert.Throws<RecommenderException>(() => catalog.Intern(" "));
    }

    [Fact]
    public void Attribute_names_are_capped_and_given_back()
    {
        for (var batch = 0; batch < 4; batch++)
            _catalog.Upsert([new Item { Id = $"i{batch}", Attributes = Names(batch * 64, 64) }], Now);
        var e = Assert.Throws<RecommenderException>(() => _catalog.Upsert([new Item { Id = "one more", Attributes = Names(256, 1) }], Now));
        Assert.Contains("256", e.Legal, StringComparison.Ordinal);
        _catalog.Delete("i0");
        _catalog.Upsert([new Item { Id = "one more", Attributes = Names(256, 1) }], Now);
    }

    [Fact]
    public void Texts_that_items_no_longer_carry_are_forgotten()
    {
        var column = new TextColumn();
        for (var i = 0; i < 1000; i++)
            column.Set(i % 3, $"text {i}");
        Assert.False(column.TryGetCode("text 5", out _));
        Assert.True(column.TryGetCode("text 999", out var code));
        Assert.InRange(code, 1, 4);
        Assert.Equal(code, column.Codes[0]);
    }

    [Fact]
    public void Terms_past_the_capacity_are_refused()
    {
        var terms = new TermTable(2);
        Assert.Equal([0, 1, 0], new[] { "a", "b", "a" }.Select(terms.Intern));
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RecommenderException>(() => terms.Intern("c")).Kind);
        Assert.Equal("b", terms.TextOf(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => terms.TextOf(2));
        Assert.False(terms.TryGet("c", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Categories_and_tags_list_available_items_newest_last(int seed)
    {
        var random = new Random(seed);
        var truth = new Dictionary<string, Item>();
        for (var round = 0; round < 600; round++)
        {
            var id = $"i{random.Next(80)}";
            if (random.Next(4) == 0)
            {
                _catalog.Delete(id);
                truth.Remove(id);
            }
            else
            {
                var item = RandomItems.Next(random, id);
                _catalog.Upsert([item], Now);
                truth[id] = item with { CreatedAt = item.CreatedAt ?? truth.GetValueOrDefault(id)?.CreatedAt ?? Now };
            }

            if (random.Next(3) == 0)
                continue;
            foreach (var (term, isTag) in new[] { ("books", false), ("films", false), ("used", true), ("never", true) })
            {
                var expected = truth.Values
                    .Where(i => i.Available && (isTag ? i.Tags : i.Categories).Contains(term))
                    .Select(i => (i.CreatedAt, Number: _catalog.Intern(i.Id)))
                    .Order()
                    .Select(i => i.Number);
                var code = _catalog.Terms.Intern(term);
                Assert.Equal(expected, (isTag ? _catalog.WithTag(code) : _catalog.InCategory(code)).ToArray());
            }
        }

        Assert.Empty(_catalog.InCategory(-1).ToArray());
        Assert.Empty(_catalog.WithTag(1_000_000).ToArray());
    }

    private static Item Full(string id) => new()
    {
        Id = id,
        Title = "title",
        Categories = ["books", "used"],
        Tags = ["t1"],
        Price = 1.5,
        Attributes = new Dictionary<string, AttributeValue>
        {
            ["l"] = new AttributeValue.TextList(["x", "y"]),
            ["n"] = new AttributeValue.Number(1),
            ["t"] = new AttributeValue.Text("t"),
        },
    };

    private static Dictionary<string, AttributeValue> With(Item item, string name, AttributeValue value) => new(item.Attributes) { [name] = value };

    private static Dictionary<string, AttributeValue> Named(string name) => new() { [name] = new AttributeValue.Flag(true) };

    private static Dictionary<string, AttributeValue> Valued(AttributeValue value) => new() { ["n"] = value };

    private static Dictionary<string, AttributeValue> Names(int from, int count) =>
        Enumerable.Range(from, count).ToDictionary(i => $"n{i}", i => (AttributeValue)new AttributeValue.Number(i));
}
