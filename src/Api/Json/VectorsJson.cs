using System.Text.Json;

namespace Recs.Api.Json;

/// <summary>An item's vectors as JSON: by named space an array of numbers, or null (or an empty one) to remove it.</summary>
internal static class VectorsJson
{
    public static Dictionary<string, ReadOnlyMemory<float>>? Read(ref Utf8JsonReader reader, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        JsonInput.BeginObject(ref reader, "vectors", index);
        var vectors = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonInput.Name(ref reader, index);
            reader.Read();
            if (vectors.Count == Limits.MaxSpaces)
                throw RecommenderException.Invalid("vectors", $"more than {Limits.MaxSpaces}", $"up to {Limits.MaxSpaces}", index);
            if (!vectors.TryAdd(name, ReadOne(ref reader, "vectors." + name, index)))
                throw RecommenderException.Invalid("vectors." + name, "given twice", "one vector", index);
        }

        return vectors;
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, ReadOnlyMemory<float>> vectors)
    {
        json.WriteStartObject("vectors"u8);
        foreach (var (name, vector) in vectors)
        {
            json.WriteStartArray(name);
            foreach (var value in vector.Span)
                json.WriteNumberValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static ReadOnlyMemory<float> ReadOne(ref Utf8JsonReader reader, string field, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return default;
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RecommenderException.Invalid(field, JsonInput.Shown(ref reader), "an array of numbers, or null to remove it", index);
        var values = new List<float>(Limits.MaxDimensions / 4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (values.Count == Limits.MaxDimensions)
                throw RecommenderException.Invalid(field, $"more than {Limits.MaxDimensions} values", $"up to {Limits.MaxDimensions} values", index);
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetSingle(out var value) || !float.IsFinite(value))
                throw RecommenderException.Invalid($"{field}[{values.Count}]", JsonInput.Shown(ref reader), "a finite number in single precision, without quotes", index);
            values.Add(value);
        }

        return values.ToArray();
    }
}
