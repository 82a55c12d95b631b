using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Catalog;

/// <summary>What makes an item legal, and when two are the same.</summary>
internal static class ItemRules
{
    /// <summary>Distinct attribute names of one catalogue, so that its columns stay bounded.</summary>
    public const int MaxAttributeNames = 256;

    private static readonly DateTimeOffset EarliestCreatedAt = new(1800, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset LatestCreatedAt = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Throws for an item with an illegal field, naming it.</summary>
    /// <param name="item">The item.</param>
    /// <param name="index">Its place in the batch.</param>
    public static void Check(Item? item, int index)
    {
        if (item is null)
            throw RecommenderException.Invalid("items", null, "an item", index);
        IdRules.Check("id", item.Id, index);
        CheckText("title", item.Title, 0, Limits.MaxTitleLength, index);
        CheckTexts("categories", item.Categories, Limits.MaxCategories, index);
        CheckTexts("tags", item.Tags, Limits.MaxTags, index);
        if (item.Price is { } price && !(double.IsFinite(price) && price >= 0))
            throw RecommenderException.Invalid("price", price, "a finite number, 0 or more", index);
        if (item.CreatedAt is { } created && (created < EarliestCreatedAt || created > LatestCreatedAt))
            throw RecommenderException.Invalid("createdAt", created, $"{EarliestCreatedAt:yyyy-MM-dd} to {LatestCreatedAt:yyyy-MM-dd}", index);
        CheckAttributes(item.Attributes, index);
        CheckVectors(item.Vectors, index);
    }

    /// <summary>The item as it is kept: its own copies of the lists, repeats dropped, times in whole milliseconds UTC. Vectors stay the caller's.</summary>
    public static Item Normalise(Item item, DateTimeOffset created) => item with
    {
        Categories = Distinct(item.Categories),
        Tags = Distinct(item.Tags),
        Price = item.Price is { } price ? price + 0.0 : null,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds((item.CreatedAt ?? created).ToUnixTimeMilliseconds()),
        Attributes = Copy(item.Attributes),
    };

    /// <summary>The item with copies of its vectors.</summary>
    public static Item OwnVectors(Item item) => item.Vectors is not { } vectors ? item : item with
    {
        Vectors = vectors.ToDictionary(v => v.Key, v => (ReadOnlyMemory<float>)v.Value.ToArray(), StringComparer.Ordinal),
    };

    /// <summary>Equality by value, lists and attributes included, vectors not. Both normalised.</summary>
    public static bool Same(Item a, Item b) =>
        string.Equals(a.Id, b.Id, StringComparison.Ordinal)
        && string.Equals(a.Title, b.Title, StringComparison.Ordinal)
        && a.Price == b.Price
        && a.Available == b.Available
        && a.CreatedAt == b.CreatedAt
        && a.Categories.SequenceEqual(b.Categories, StringComparer.Ordinal)
        && a.Tags.SequenceEqual(b.Tags, StringComparer.Ordinal)
        && a.Attributes.Count == b.Attributes.Count
        && a.Attributes.All(entry => b.Attributes.TryGetValue(entry.Key, out var value) && entry.Value.Equals(value));

    private static void CheckAttributes(IReadOnlyDictionary<string, AttributeValue>? attributes, int index)
    {
        if (attributes is null || attributes.Count > Limits.MaxAttributes)
            throw RecommenderException.Invalid("attributes", attributes?.Count, $"0 to {Limits.MaxAttributes} attributes", index);
        foreach (var (name, value) in attributes)
        {
            if (!FilterFields.IsName(name))
                throw RecommenderException.Invalid("attributes", name, $"{FilterFields.LegalNames}, at most {Limits.MaxTermLength} characters", index);
            if (FilterFields.IsReserved(name))
                throw RecommenderException.Invalid("attributes", name, "a name that is no field of the item itself", index);
            var field = $"attributes.{name}";
            switch (value)
            {
                case AttributeValue.Text text:
                    CheckText(field, text.Value, 0, Limits.MaxTermLength, index);
                    break;
                case AttributeValue.Number number when !double.IsFinite(number.Value):
                    throw RecommenderException.Invalid(field, number.Value, "a finite number", index);
                case AttributeValue.TextList list:
                    CheckTexts(field, list.Values, Limits.MaxTags, index);
                    break;
                case null:
                    throw RecommenderException.Invalid(field, null, "a text, a number, a truth value or a list of texts", index);
            }
        }
    }

    // Whether there is such a space is the catalogue's affair.
    private static void CheckVectors(IReadOnlyDictionary<string, ReadOnlyMemory<float>>? vectors, int index)
    {
        if (vectors is null)
            return;
        if (vectors.Count > Limits.MaxSpaces)
            throw RecommenderException.Invalid("vectors", $"{vectors.Count} vectors", $"at most {Limits.MaxSpaces}", index);
        foreach (var (name, vector) in vectors)
        {
            if (vector.Length > Limits.MaxDimensions)
                throw RecommenderException.Invalid($"vectors.{name}", $"{vector.Length} values", $"at most {Limits.MaxDimensions} values", index);
            for (var d = 0; d < vector.Length; d++)
            {
                if (!(MathF.Abs(vector.Span[d]) <= VectorSpace.MaxMagnitude))
                    throw RecommenderException.Invalid($"vectors.{name}[{d}]", vector.Span[d], $"a finite number of magnitude up to {VectorSpace.MaxMagnitude}", index);
            }
        }
    }

    private static void CheckTexts(string field, IReadOnlyList<string>? texts, int most, int index)
    {
        if (texts is null || texts.Count > most)
            throw RecommenderException.Invalid(field, texts?.Count, $"0 to {most} texts", index);
        for (var i = 0; i < texts.Count; i++)
            CheckText($"{field}[{i}]", texts[i], 1, Limits.MaxTermLength, index);
    }

    private static void CheckText(string field, string? text, int least, int most, int index)
    {
        if (text is null || text.Length < least || text.Length > most || (least > 0 && string.IsNullOrWhiteSpace(text)))
            throw RecommenderException.Invalid(field, text, $"{least} to {most} characters{(least > 0 ? ", not all blank" : "")}", index);
        if (IdRules.FindIllegal(text) is { } at)
            throw RecommenderException.Invalid(field, text, $"text without control characters or lone surrogates (there is one at {at})", index);
    }

    private static string[] Distinct(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return [];
        var distinct = new List<string>(texts.Count);
        foreach (var text in texts)
        {
            if (!distinct.Contains(text))
                distinct.Add(text);
        }

        return [.. distinct];
    }

    private static Dictionary<string, AttributeValue> Copy(IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        if (attributes.Count == 0)
            return None;
        var copy = new Dictionary<string, AttributeValue>(attributes.Count, StringComparer.Ordinal);
        foreach (var (name, value) in attributes)
            copy[name] = value is AttributeValue.TextList list ? new AttributeValue.TextList(Distinct(list.Values)) : value;
        return copy;
    }

    private static readonly Dictionary<string, AttributeValue> None = [];
}
