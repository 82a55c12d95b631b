namespace Recs.Engine;

/// <summary>What makes a user, item, event or request id legal.</summary>
public static class IdRules
{
    /// <summary>The rule in words, for errors.</summary>
    public static readonly string Legal =
        $"1 to {Limits.MaxIdLength} characters, not blank, without control characters or lone surrogates";

    /// <summary>Throws <see cref="RecommenderException"/> for an illegal id, naming the field.</summary>
    public static void Check(string field, string? id, int? index = null)
    {
        if (!IsLegal(id))
            throw RecommenderException.Invalid(field, id, Legal, index);
    }

    public static bool IsLegal(string? id) =>
        id is { Length: > 0 and <= Limits.MaxIdLength } && !string.IsNullOrWhiteSpace(id) && FindIllegal(id) is null;

    /// <summary>Position of the first control character or lone surrogate; null when there is none.</summary>
    internal static int? FindIllegal(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                return i;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return i;
            i++;
        }

        return null;
    }
}
