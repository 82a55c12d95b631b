using System.Globalization;
using System.Text;

namespace Recs.Engine.Catalog;

/// <summary>Values of a filter: which are legal for a field, and how they are written.</summary>
internal static class FilterLiterals
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>A time as the number it is compared as.</summary>
    public static AttributeValue.Number Time(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <summary>The value as it is compared with the field; throws for one that the field cannot be compared with.</summary>
    public static AttributeValue Check(string field, AttributeValue value, bool ordered)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(value);
        if (value is AttributeValue.Text { Value: null })
            throw new ArgumentNullException(nameof(value));
        if (!FilterFields.IsName(field))
            throw RecommenderException.Invalid("filter", field, FilterFields.LegalNames);
        var kind = FilterFields.KindOf(field);
        if (kind == FieldKind.Time && value is AttributeValue.Text time)
            value = ParseTime(field, time.Value);
        return Accepts(kind, value, ordered)
            ? Normalise(value)
            : throw RecommenderException.Invalid($"filter: {field}", Show(value), Expected(field, ordered));
    }

    /// <summary>What a field can be compared with, in words.</summary>
    public static string Expected(string field, bool ordered) => FilterFields.KindOf(field) switch
    {
        FieldKind.Time => "an ISO 8601 time in quotes",
        FieldKind.Number => "a finite number",
        FieldKind.Flag when !ordered => "true or false",
        FieldKind.Text or FieldKind.TextList when !ordered => "a text in quotes",
        FieldKind.Attribute when !ordered => "a text in quotes, a finite number, true or false",
        FieldKind.Attribute => "a finite number",
        _ => "'=', '!=' or 'in' (this field has no order)",
    };

    /// <summary>Canonical text of a checked value.</summary>
    public static string Write(string field, AttributeValue value) => value switch
    {
        AttributeValue.Text text => Quote(text.Value),
        AttributeValue.Number number when FilterFields.KindOf(field) == FieldKind.Time => Quote(WriteTime(number.Value)),
        AttributeValue.Number number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        AttributeValue.Flag flag => flag.Value ? "true" : "false",
        _ => "a list",
    };

    // As it was given: an illegal number need not be a time that can be written.
    private static string Show(AttributeValue value) => Write(FilterFields.Price, value);

    private static bool Accepts(FieldKind kind, AttributeValue value, bool ordered) => value switch
    {
        AttributeValue.Number number => kind switch
        {
            FieldKind.Number or FieldKind.Attribute => double.IsFinite(number.Value),
            // Only whole milliseconds that a calendar can write: anything else has no canonical text.
            FieldKind.Time => number.Value == Math.Floor(number.Value) && InCalendar(number.Value),
            _ => false,
        },
        AttributeValue.Text => !ordered && (kind is FieldKind.Text or FieldKind.TextList or FieldKind.Attribute),
        AttributeValue.Flag => !ordered && (kind is FieldKind.Flag or FieldKind.Attribute),
        _ => false,
    };

    private static bool InCalendar(double ms) =>
        ms >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && ms <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    // Minus zero equals zero; two texts for one value would make equal filters differ.
    private static AttributeValue Normalise(AttributeValue value) =>
        value is AttributeValue.Number { Value: 0 } ? new AttributeValue.Number(0) : value;

    private static AttributeValue.Number ParseTime(string field, string text) =>
        DateTimeOffset.TryParseExact(
            text, TimeFormats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? Time(time)
            : throw RecommenderException.Invalid(
                $"filter: {field}", text, "an ISO 8601 time such as 2026-01-31 or 2026-01-31T12:00:00Z (UTC without an offset)");

    private static string WriteTime(double ms)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds((long)ms);
        return time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : TimeFormat, CultureInfo.InvariantCulture);
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case var high when i + 1 < text.Length && char.IsSurrogatePair(high, text[i + 1]):
                    quoted.Append(c).Append(text[++i]);
                    break;
                case '"' or '\\':
                    quoted.Append('\\').Append(c);
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\r':
                    quoted.Append("\\r");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                case var control when char.IsControl(control) || char.IsSurrogate(control):
                    quoted.Append("\\u").Append(((int)control).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    quoted.Append(c);
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }
}
