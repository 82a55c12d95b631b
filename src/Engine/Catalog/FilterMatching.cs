namespace Recs.Engine.Catalog;

/// <summary>Reads the field of a filter from one item.</summary>
internal static class FilterMatching
{
    /// <summary>True when the item's field is the value, or its list holds it.</summary>
    public static bool Equal(Item item, string field, AttributeValue value) => FilterFields.KindOf(field) switch
    {
        FieldKind.Attribute => item.Attributes.TryGetValue(field, out var attribute) && Equal(attribute, value),
        FieldKind.Text => SameText(field == FilterFields.Id ? item.Id : item.Title, value),
        FieldKind.TextList => Holds(field == FilterFields.Category ? item.Categories : item.Tags, value),
        FieldKind.Flag => value is AttributeValue.Flag flag && flag.Value == item.Available,
        _ => value is AttributeValue.Number number && Number(item, field) == number.Value,
    };

    /// <summary>The item's number or time in milliseconds since 1970; null without one.</summary>
    public static double? Number(Item item, string field) => FilterFields.KindOf(field) switch
    {
        FieldKind.Number => item.Price,
        FieldKind.Time => item.CreatedAt?.ToUnixTimeMilliseconds(),
        FieldKind.Attribute => item.Attributes.TryGetValue(field, out var value) && value is AttributeValue.Number number
            ? number.Value
            : null,
        _ => null,
    };

    private static bool Equal(AttributeValue attribute, AttributeValue value) => attribute switch
    {
        AttributeValue.Text text => SameText(text.Value, value),
        AttributeValue.TextList list => Holds(list.Values, value),
        // Not record equality: by it NaN would equal NaN.
        AttributeValue.Number number => value is AttributeValue.Number wanted && number.Value == wanted.Value,
        AttributeValue.Flag flag => value is AttributeValue.Flag wanted && flag.Value == wanted.Value,
        _ => false,
    };

    private static bool SameText(string text, AttributeValue value) =>
        value is AttributeValue.Text wanted && string.Equals(text, wanted.Value, StringComparison.Ordinal);

    private static bool Holds(IReadOnlyList<string> texts, AttributeValue value)
    {
        if (value is not AttributeValue.Text wanted)
            return false;
        for (var i = 0; i < texts.Count; i++)
        {
            if (string.Equals(texts[i], wanted.Value, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
