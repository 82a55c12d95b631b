using System.Globalization;

namespace Recs.Training.Import;

/// <summary>The bounds on an event, checked row by row so that a bad one never costs a batch. Messages are sentences.</summary>
internal static class EventRules
{
    /// <summary>Why a text is no id, or null.</summary>
    public static string? CheckId(string field, ReadOnlySpan<char> id)
    {
        if (id.IsEmpty)
            return $"{field} is absent; legal is 1 to {Limits.MaxIdLength} characters.";
        if (id.Length > Limits.MaxIdLength)
            return $"{field} has {id.Length} characters; legal is 1 to {Limits.MaxIdLength}.";
        for (var i = 0; i < id.Length; i++)
        {
            if (char.IsControl(id[i]))
                return $"{field} holds a control character (U+{(int)id[i]:X4}); legal is text without.";
            if (char.IsSurrogate(id[i]) && !(i + 1 < id.Length && char.IsSurrogatePair(id[i], id[i + 1])))
                return $"{field} holds half a surrogate pair.";
            if (char.IsHighSurrogate(id[i]))
                i++;
        }

        return null;
    }

    public static string? CheckTime(long unixMs, DateTimeOffset now)
    {
        var latest = now + Limits.MaxClockSkew;
        if (unixMs >= Limits.EarliestTimestamp.ToUnixTimeMilliseconds() && unixMs <= latest.ToUnixTimeMilliseconds())
            return null;
        return $"timestamp was {Show(unixMs)}; legal is {Limits.EarliestTimestamp:yyyy-MM-dd} to ten minutes from now ({latest.UtcDateTime:yyyy-MM-dd HH:mm} UTC).";
    }

    public static string? CheckWeight(InteractionType type, double? weight) => (type, weight) switch
    {
        (InteractionType.Rating, null) => "weight is absent; a rating needs one, 0 to 5.",
        (InteractionType.Rating, not (>= 0 and <= 5)) => $"weight was {Text(weight)}; legal for a rating is 0 to 5.",
        (_, not (null or (>= 0 and <= 100))) => $"weight was {Text(weight)}; legal is 0 to 100.",
        _ => null,
    };

    public static string? CheckRevenue(double? revenue) =>
        revenue is null or (>= 0 and <= double.MaxValue) ? null : $"revenue was {Text(revenue)}; legal is 0 or more.";

    public static bool TryNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>A text in a message, shortened.</summary>
    public static string Quote(ReadOnlySpan<char> text) => text.Length > 60 ? $"'{text[..57]}...' ({text.Length} characters)" : $"'{text}'";

    private static string Text(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "absent";

    private static string Show(long unixMs) =>
        unixMs is > -62135596800000 and < 253402300800000
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC"
            : unixMs.ToString(CultureInfo.InvariantCulture);
}
