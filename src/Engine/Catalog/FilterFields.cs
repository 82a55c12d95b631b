namespace Recs.Engine.Catalog;

/// <summary>What a filter's field can be compared with.</summary>
internal enum FieldKind
{
    /// <summary>An attribute: its type is the item's affair.</summary>
    Attribute,

    Text,

    TextList,

    Number,

    Flag,

    /// <summary>Written as an ISO 8601 text, compared as milliseconds since 1970.</summary>
    Time,
}

/// <summary>Names of fields: the item's own, and the rule for attributes.</summary>
internal static class FilterFields
{
    public const string Id = "id", Title = "title", Category = "category", Tag = "tag", Price = "price",
        Available = "available", CreatedAt = "createdAt";

    /// <summary>What <see cref="IsName"/> asks for, in words.</summary>
    public const string LegalNames =
        "a name of letters, digits, '_', '-' and '.' that begins with a letter or '_' and is no word of the filter grammar";

    private static readonly string[] Words = ["and", "or", "not", "in", "between", "true", "false"];

    /// <summary>Names that attributes may not take.</summary>
    public static bool IsReserved(string name) => KindOf(name) != FieldKind.Attribute;

    public static FieldKind KindOf(string field) => field switch
    {
        Id or Title => FieldKind.Text,
        Category or "categories" or Tag or "tags" => FieldKind.TextList,
        Price => FieldKind.Number,
        Available => FieldKind.Flag,
        CreatedAt => FieldKind.Time,
        _ => FieldKind.Attribute,
    };

    /// <summary>The one spelling of a field that has two.</summary>
    public static string Canonical(string field) => field switch
    {
        "categories" => Category,
        "tags" => Tag,
        _ => field,
    };

    public static bool IsName(string text)
    {
        if (text.Length == 0 || text.Length > Limits.MaxTermLength || !IsNameStart(text[0]) || IsWord(text))
            return false;
        foreach (var c in text)
        {
            if (!IsNamePart(c))
                return false;
        }

        return true;
    }

    public static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';

    public static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '.';

    /// <summary>True for a keyword, in any case.</summary>
    public static bool IsWord(string text)
    {
        foreach (var word in Words)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
