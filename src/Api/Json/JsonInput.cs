using System.Text;
using System.Text.Json;
using Recs.Api.Http;

namespace Recs.Api.Json;

/// <summary>
/// Strict reading of request bodies: no comments, no trailing commas, no unknown or repeated member, numbers as
/// numbers, texts as texts. What is not JSON is refused with its place, what is of the wrong type with its field.
/// </summary>
internal static class JsonInput
{
    /// <summary>Deepest nesting; the deepest legal body (attributes or vectors of an item in a bulk write) has four levels.</summary>
    public const int MaxDepth = 16;

    public delegate T Reading<T>(ref Utf8JsonReader reader);

    /// <summary>Parses a whole body; nothing but blanks may follow.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> utf8, Reading<T> read)
    {
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (utf8.Trim(" \t\r\n"u8).IsEmpty)
                throw Malformed("The body is empty; it should be JSON.", 0, 0);
            reader.Read();
            var value = read(ref reader);
            // Reading on to the end is what finds text after the value.
            while (reader.Read()) { }
            return value;
        }
        catch (JsonException error)
        {
            var message = error.Message;
            var cut = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            throw Malformed(cut < 0 ? message : message[..cut], error.LineNumber ?? 0, error.BytePositionInLine ?? 0);
        }
    }

    /// <summary>The body without a byte-order mark, known to be JSON; for a reader that is strict in its own way.</summary>
    public static ReadOnlySpan<byte> Checked(ReadOnlySpan<byte> utf8)
    {
        Parse(utf8, static (ref reader) =>
        {
            reader.Skip();
            return true;
        });
        return utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
    }

    /// <summary>Reads the elements of an array, at most <paramref name="max"/>; refusals carry the element's index.</summary>
    public static List<T> ReadArray<T>(ref Utf8JsonReader reader, string field, int max, ElementReading<T> read)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RecommenderException.Invalid(field, Shown(ref reader), $"an array of 1 to {max} objects");
        var list = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == max)
                throw RecommenderException.Invalid(
                    field, $"more than {max}", $"1 to {max} in one call", kind: RefusalKind.TooLarge);
            list.Add(read(ref reader, list.Count));
        }
        if (list.Count == 0)
            throw RecommenderException.Invalid(field, "an empty array", $"1 to {max} in one call");
        return list;
    }

    public delegate T ElementReading<T>(ref Utf8JsonReader reader, int? index);

    public static void BeginObject(ref Utf8JsonReader reader, string what, int? index)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw RecommenderException.Invalid(what, Shown(ref reader), "an object", index);
    }

    /// <summary>
    /// Moves to the next member's value; false at the object's end. Gives the member's place in
    /// <paramref name="legal"/>, and refuses one that is not there or was there before.
    /// </summary>
    public static bool NextMember(
        ref Utf8JsonReader reader, string[] legal, ref ulong seen, out int member, int? index)
    {
        member = -1;
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
            return false;
        for (var i = 0; i < legal.Length && member < 0; i++)
            if (reader.ValueTextEquals(legal[i]))
                member = i;
        if (member < 0)
            throw RecommenderException.Invalid(Name(ref reader, index), "an unknown member", string.Join(", ", legal), index);
        if ((seen & (1UL << member)) != 0)
            throw RecommenderException.Invalid(legal[member], "given twice", "one value", index);
        seen |= 1UL << member;
        reader.Read();
        return true;
    }

    /// <summary>The present property name as text.</summary>
    public static string Name(ref Utf8JsonReader reader, int? index)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw NotUtf8("a member's name", index);
        }
    }

    /// <summary>A text, or null for null.</summary>
    public static string? Text(ref Utf8JsonReader reader, string field, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.String)
            throw RecommenderException.Invalid(field, Shown(ref reader), "a text", index);
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw NotUtf8(field, index);
        }
    }

    /// <summary>A finite number, or null for null.</summary>
    public static double? Number(ref Utf8JsonReader reader, string field, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var value) || !double.IsFinite(value))
            throw RecommenderException.Invalid(field, Shown(ref reader), "a finite number, without quotes", index);
        return value;
    }

    /// <summary>A truth value, or null for null.</summary>
    public static bool? Flag(ref Utf8JsonReader reader, string field, int? index) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw RecommenderException.Invalid(field, Shown(ref reader), "true or false", index),
    };

    /// <summary>A time with its offset, or null for null. Without an offset a time means another moment on another machine.</summary>
    public static DateTimeOffset? Time(ref Utf8JsonReader reader, string field, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var value)
            && Text(ref reader, field, index) is { } text && HasOffset(text))
            return value;
        throw RecommenderException.Invalid(
            field, Shown(ref reader), "an ISO 8601 time with its offset, such as \"2026-03-01T12:00:00Z\"", index);
    }

    /// <summary>A list of texts; null counts as empty.</summary>
    public static IReadOnlyList<string> Texts(ref Utf8JsonReader reader, string field, int max, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return [];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RecommenderException.Invalid(field, Shown(ref reader), "an array of texts", index);
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == max)
                throw RecommenderException.Invalid(field, $"more than {max} values", $"up to {max} values", index);
            list.Add(Text(ref reader, field, index) ?? throw RecommenderException.Invalid(field, "null", "an array of texts", index));
        }
        return list;
    }

    /// <summary>The present token as an error shows it.</summary>
    public static string Shown(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 80)]),
        JsonTokenType.String => Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 80)]),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => reader.TokenType.ToString(),
    };

    private static bool HasOffset(string text) =>
        text[^1] == 'Z' || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');

    private static RecommenderException NotUtf8(string field, int? index) =>
        RecommenderException.Invalid(field, "text that is no UTF-8", "UTF-8 without lone surrogates", index);

    private static ProblemException Malformed(string detail, long line, long position) => new(new Problem
    {
        Status = 400,
        Kind = "malformed-json",
        Title = "The body is not the JSON it should be.",
        Detail = $"Line {line + 1}, byte {position + 1}: {detail}",
        Field = "body",
        Line = line + 1,
        Position = position + 1,
    });
}
