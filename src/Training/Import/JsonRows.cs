using System.Text.Json;

namespace Recs.Training.Import;

/// <summary>Rows of a JSON Lines file: one object a line.</summary>
internal sealed class JsonRows(ContentStream content, string file, RejectLog rejects, ColumnMap map)
    : RowReader(content, file, rejects)
{
    private const string HalfPair = "A text holds half a surrogate pair.";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    private readonly RecordReader _records = new(content, null);
    private readonly ContentStream _content = content;
    private readonly JsonElement[] _values = new JsonElement[map.FieldCount];
    private readonly string?[] _columns = new string?[map.FieldCount];
    private readonly int[] _ranks = new int[map.FieldCount];
    private readonly string?[] _texts = new string?[map.FieldCount];
    private readonly List<KeyValuePair<string, AttributeValue>> _others = [];
    private JsonDocument? _row;
    private JsonElement _vectors;
    private bool _sawRow;

    public override long Line => _records.Line;

    public override bool Typed => true;

    public override string Dialect => $"json {_content.EncodingName}";

    public override bool Read()
    {
        while (_records.Read())
        {
            if (_records.Problem != RecordProblem.None)
            {
                var (reason, detail) = RecordReader.Describe(_records.Problem);
                Reject(reason, detail);
                continue;
            }

            if (!_sawRow && _records.Record.TrimStart((byte)' ') is [(byte)'[', ..])
                throw new ImportException($"{File} starts with '['; JSON Lines has one object a line and no array around them.");
            _sawRow = true;
            if (Parse() is { } problem)
                Reject("JSON", problem);
            else
                return true;
        }

        return false;
    }

    public override bool TryGet(int field, out ReadOnlySpan<char> text)
    {
        text = _texts[field].AsSpan().Trim();
        return !text.IsEmpty;
    }

    public override List<string> GetList(int field) => _values[field].ValueKind switch
    {
        JsonValueKind.Array => [.. _values[field].EnumerateArray().Select(Text).OfType<string>()],
        _ => TryGet(field, out var text) ? SplitList(text) : [],
    };

    public override string? ColumnOf(int field) => _columns[field];

    public override IEnumerable<KeyValuePair<string, AttributeValue>> Others() => _others;

    public override IReadOnlyDictionary<string, ReadOnlyMemory<float>>? ReadVectors()
    {
        try
        {
            return _vectors.ValueKind == JsonValueKind.Object ? JsonVectors.Of(_vectors) : null;
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException(HalfPair, e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _row?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Takes the line apart; returns what is wrong with it, or null.</summary>
    private string? Parse()
    {
        _row?.Dispose();
        _row = null;
        _vectors = default;
        _others.Clear();
        Array.Clear(_values);
        Array.Clear(_columns);
        Array.Clear(_texts);
        try
        {
            // The document keeps the memory it is given, and the record's buffer moves on.
            _row = JsonDocument.Parse(_records.Record.ToArray(), Strict);
            if (_row.RootElement.ValueKind != JsonValueKind.Object)
                return $"The line holds {Kind(_row.RootElement)}; an object was expected.";
            foreach (var property in _row.RootElement.EnumerateObject())
            {
                var (field, rank) = map.Match(property.Name);
                if (field < 0)
                {
                    if (property.NameEquals("vectors") && property.Value.ValueKind == JsonValueKind.Object)
                        _vectors = property.Value;
                    else if (ToAttributes(property) is { } problem)
                        return problem;
                }
                else if (_columns[field] is null || rank < _ranks[field])
                {
                    (_values[field], _columns[field], _ranks[field]) = (property.Value, property.Name, rank);
                }
            }

            for (var field = 0; field < _values.Length; field++)
                _texts[field] = Text(_values[field]);
            foreach (var list in _values)
                if (list.ValueKind == JsonValueKind.Array && list.EnumerateArray().Any(e => Text(e) is null))
                    return "A list holds something that is no text or number.";
            return null;
        }
        catch (JsonException e)
        {
            return $"The line is no JSON object: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            return HalfPair;
        }
    }

    private string? ToAttributes(JsonProperty property)
    {
        if (property.Value.ValueKind == JsonValueKind.Object && property.NameEquals("attributes"))
        {
            foreach (var inner in property.Value.EnumerateObject())
                if (ToAttributes(inner) is { } problem)
                    return problem;
            return null;
        }

        AttributeValue? value = property.Value.ValueKind switch
        {
            JsonValueKind.String => new AttributeValue.Text(property.Value.GetString()!),
            JsonValueKind.Number => new AttributeValue.Number(property.Value.GetDouble()),
            JsonValueKind.True => new AttributeValue.Flag(true),
            JsonValueKind.False => new AttributeValue.Flag(false),
            JsonValueKind.Array when property.Value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
                new AttributeValue.TextList([.. property.Value.EnumerateArray().Select(e => e.GetString()!)]),
            _ => null,
        };
        if (value is not null)
            _others.Add(new(property.Name, value));
        else if (property.Value.ValueKind != JsonValueKind.Null)
            _others.Add(new(property.Name, Nested));
        return null;
    }

    /// <summary>Stands for a value that no attribute can hold, so that who wants the attribute can say so.</summary>
    public static readonly AttributeValue Nested = new AttributeValue.TextList(["\0"]);

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => $"'{value.GetRawText()}'",
    };
}
