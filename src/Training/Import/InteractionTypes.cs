namespace Recs.Training.Import;

/// <summary>The names that files use for what a user did.</summary>
public static class InteractionTypes
{
    private static readonly Dictionary<string, InteractionType> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["impression"] = InteractionType.Impression,
        ["show"] = InteractionType.Impression,
        ["view"] = InteractionType.View,
        ["pageview"] = InteractionType.View,
        ["visit"] = InteractionType.View,
        ["watch"] = InteractionType.View,
        ["click"] = InteractionType.Click,
        ["addtocart"] = InteractionType.AddToCart,
        ["cart"] = InteractionType.AddToCart,
        ["basket"] = InteractionType.AddToCart,
        ["purchase"] = InteractionType.Purchase,
        ["transaction"] = InteractionType.Purchase,
        ["buy"] = InteractionType.Purchase,
        ["order"] = InteractionType.Purchase,
        ["like"] = InteractionType.Like,
        ["favorite"] = InteractionType.Like,
        ["favourite"] = InteractionType.Like,
        ["dislike"] = InteractionType.Dislike,
        ["hide"] = InteractionType.Hide,
        ["rating"] = InteractionType.Rating,
        ["rate"] = InteractionType.Rating,
    };

    private static readonly Dictionary<string, InteractionType>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Every name that is understood; case, '_', '-' and spaces do not matter.</summary>
    public static IEnumerable<string> All => Names.Keys;

    public static bool TryParse(ReadOnlySpan<char> text, out InteractionType type)
    {
        type = default;
        if (text.Length > 32)
            return false;
        Span<char> kept = stackalloc char[32];
        var length = 0;
        foreach (var c in text)
            if (c is not ('_' or '-' or ' '))
                kept[length++] = c;
        return Lookup.TryGetValue(kept[..length], out type);
    }
}
