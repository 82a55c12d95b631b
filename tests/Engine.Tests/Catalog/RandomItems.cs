namespace Recs.Engine.Tests.Catalog;

/// <summary>Items and filters over small vocabularies, so that they meet.</summary>
internal static class RandomItems
{
    private static readonly string[] Categories = ["books", "films", "music", "toys", "rare \"one\""];
    private static readonly string[] Tags = ["new", "used", "worn", "blue", "red", "Ünïcode", "a,b"];
    private static readonly string[] Brands = ["acme", "x", "O'Neill", "back\\slash", "line\nbreak"];
    private static readonly string[] AttributeNames = ["brand", "size", "in-stock.flag", "mixed"];

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Item Next(Random random, string id)
    {
        var attributes = new Dictionary<string, AttributeValue>();
        foreach (var name in AttributeNames)
        {
            if (random.Next(2) == 0)
                attributes[name] = Attribute(random, name);
        }

        return new Item
        {
            Id = id,
            Title = random.Next(3) == 0 ? "" : $"title {random.Next(5)}",
            Categories = Some(random, Categories[..^1], 2),
            Tags = Some(random, Tags, 3),
            Price = random.Next(4) == 0 ? null : random.Next(8) * 2.5,
            Available = random.Next(8) != 0,
            CreatedAt = random.Next(2) == 0 ? null : Start.AddHours(random.Next(96)),
            Attributes = attributes,
        };
    }

    public static ItemFilter NextFilter(Random random, int depth = 3)
    {
        switch (depth == 0 ? 9 : random.Next(12))
        {
            case 0 or 1:
                return ItemFilter.And(Enumerable.Range(0, random.Next(1, 4)).Select(_ => NextFilter(random, depth - 1)).ToArray());
            case 2 or 3:
                return ItemFilter.Or(Enumerable.Range(0, random.Next(1, 4)).Select(_ => NextFilter(random, depth - 1)).ToArray());
            case 4:
                return !NextFilter(random, depth - 1);
            default:
                return Leaf(random);
        }
    }

    private static ItemFilter Leaf(Random random)
    {
        switch (random.Next(14))
        {
            case 0:
                return ItemFilter.Equal(random.Next(2) == 0 ? "category" : "categories", Pick(random, Categories));
            case 1:
                return ItemFilter.In("tag", Some(random, Tags, 4).DefaultIfEmpty("none"));
            case 2:
                return ItemFilter.NotEqual("brand", Pick(random, Brands));
            case 3:
                return ItemFilter.In("brand", Enumerable.Range(0, random.Next(1, 9)).Select(i => i < Brands.Length ? Brands[i] : $"b{i}"));
            case 4:
                return ItemFilter.Compare("price", Operator(random), random.Next(8) * 2.5);
            case 5:
                return ItemFilter.Between("price", random.Next(4) * 2.5, (4 + random.Next(4)) * 2.5);
            case 6:
                return ItemFilter.Compare("createdAt", Operator(random), Start.AddHours(random.Next(96)));
            case 7:
                return ItemFilter.Equal("available", random.Next(2) == 0);
            case 8:
                return ItemFilter.Equal("in-stock.flag", random.Next(2) == 0);
            case 9:
                return ItemFilter.Compare(random.Next(2) == 0 ? "size" : "mixed", Operator(random), random.Next(4) - 1.5);
            case 10:
                return ItemFilter.Equal("id", $"i{random.Next(200)}");
            case 11:
                return ItemFilter.Equal("title", $"title {random.Next(6)}");
            case 12:
                return ItemFilter.In("mixed", new AttributeValue.Text("used"), new AttributeValue.Number(-0.5), new AttributeValue.Flag(true));
            default:
                return ItemFilter.Equal("never", 1);
        }
    }

    private static AttributeValue Attribute(Random random, string name) => name switch
    {
        "brand" => new AttributeValue.Text(Pick(random, Brands[..^1])),
        "size" => new AttributeValue.Number(random.Next(4) - 1.5),
        "in-stock.flag" => new AttributeValue.Flag(random.Next(2) == 0),
        _ => random.Next(4) switch
        {
            0 => new AttributeValue.Text(Pick(random, Tags)),
            1 => new AttributeValue.Number(random.Next(4) - 1.5),
            2 => new AttributeValue.Flag(random.Next(2) == 0),
            _ => new AttributeValue.TextList(Some(random, Tags, 3)),
        },
    };

    private static ComparisonOperator Operator(Random random) => (ComparisonOperator)random.Next(4);

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];

    private static string[] Some(Random random, string[] from, int most) =>
        from.OrderBy(_ => random.Next()).Take(random.Next(most + 1)).ToArray();
}
