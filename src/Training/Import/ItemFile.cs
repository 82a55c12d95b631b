namespace Recs.Training.Import;

/// <summary>Reads an item file whole: its valid items, the others in the reject log.</summary>
public static class ItemFile
{
    private const int Id = 0, Title = 1, Categories = 2, Tags = 3, Price = 4, Available = 5, CreatedAt = 6;

    private static readonly FieldNames[] Fields =
    [
        new("id", "itemId", "item", "productId", "movieId", "articleId", "sku", "asin"),
        new("title", "name", "itemName", "productName"),
        new("categories", "category", "genres", "genre", "categoryId"),
        new("tags", "tag", "keywords"),
        new("price"),
        new("available", "inStock", "isAvailable"),
        new("createdAt", "created", "releaseDate", "publishedAt", "dateAdded"),
    ];

    /// <returns>The items in the file's order; of several with one id the last, at the place of the first, with the earlier ones' vectors of spaces it does not name.</returns>
    /// <exception cref="ImportException">The file as a whole cannot be used.</exception>
    public static IReadOnlyList<Item> Read(
        string path, ItemImportOptions options, RejectLog rejects,
        IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var map = new ColumnMap(Fields, options.Columns);
        using var rows = options.Format.Open(path, rejects, map);
        (rows as DelimitedRows)?.Require(map, Id);
        var items = new ItemTable(rows.File);
        for (long read = 0; rows.Read(); read++)
        {
            if (Take(rows, options) is { } item)
                items.Add(item, rows.Line);
            if (read % 1024 != 0)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            var (done, total) = rows.FileProgress;
            progress?.Report(new ImportProgress("reading", done, total));
        }

        var (_, size) = rows.FileProgress;
        progress?.Report(new ImportProgress("reading", size, size));
        return rows.Typed ? items.Items : items.WithTypedAttributes(rejects);
    }

    /// <summary>The current row as an item; null when it was rejected.</summary>
    private static Item? Take(RowReader rows, ItemImportOptions options)
    {
        rows.TryGet(Id, out var id);
        if (EventRules.CheckId("id", id) is { } badId)
            return Refuse(rows, "id", badId);
        rows.TryGet(Title, out var title);
        double? price = null;
        if (rows.TryGet(Price, out var priceText))
        {
            if (!EventRules.TryNumber(priceText, out var number))
                return Refuse(rows, "price", $"price was {EventRules.Quote(priceText)}; legal is a number, 0 or more.");
            price = number;
        }

        var available = true;
        if (rows.TryGet(Available, out var availableText) && !TryFlag(availableText, out available))
            return Refuse(rows, "available", $"available was {EventRules.Quote(availableText)}; legal is true or false.");
        DateTimeOffset? created = null;
        if (rows.TryGet(CreatedAt, out var createdText))
        {
            if (!EventTimes.TryParse(createdText, out var ms))
                return Refuse(rows, "createdAt", $"createdAt was {EventRules.Quote(createdText)}; legal is ISO-8601, or seconds or milliseconds since 1970.");
            created = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        }

        var attributes = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        foreach (var (name, value) in rows.Others())
        {
            if (options.Skip.Contains(name))
                continue;
            if (ReferenceEquals(value, JsonRows.Nested))
                return Refuse(rows, "attributes", $"attribute {EventRules.Quote(name)} is an object or a mixed list; legal is a text, a number, a truth value or a list of texts. Leave it out with --skip.");
            if (!attributes.TryAdd(name, value))
                return Refuse(rows, "attributes", $"attribute {EventRules.Quote(name)} is there twice.");
        }

        IReadOnlyDictionary<string, ReadOnlyMemory<float>>? vectors = null;
        try
        {
            if (!options.Skip.Contains("vectors"))
                vectors = rows.ReadVectors();
        }
        catch (FormatException e)
        {
            return Refuse(rows, "JSON", e.Message);
        }

        var item = new Item
        {
            Id = id.ToString(),
            Title = title.ToString(),
            Categories = Distinct(rows.GetList(Categories)),
            Tags = Distinct(rows.GetList(Tags)),
            Price = price,
            Available = available,
            CreatedAt = created,
            Attributes = attributes,
            Vectors = vectors,
        };
        return Check(item) is { } refusal ? Refuse(rows, refusal.Field ?? "item", Advice(refusal)) : item;
    }

    /// <summary>The engine's own word on an item, or null.</summary>
    internal static RecommenderException? Check(Item item)
    {
        try
        {
            ItemCatalog.Validate([item]);
            return null;
        }
        catch (RecommenderException refusal)
        {
            return refusal;
        }
    }

    internal static string Advice(RecommenderException refusal) =>
        refusal.Field?.StartsWith("attributes", StringComparison.Ordinal) == true
            ? refusal.Message + " Leave the column out with --skip."
            : refusal.Message;

    internal static List<string> Distinct(List<string> texts) =>
        texts.Count < 2 ? texts : [.. texts.Distinct(StringComparer.Ordinal)];

    private static Item? Refuse(RowReader rows, string reason, string detail)
    {
        rows.Reject(reason, detail);
        return null;
    }

    private static bool TryFlag(ReadOnlySpan<char> text, out bool flag)
    {
        flag = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase) || text.Equals("yes", StringComparison.OrdinalIgnoreCase);
        return flag || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase) || text.Equals("no", StringComparison.OrdinalIgnoreCase);
    }
}
