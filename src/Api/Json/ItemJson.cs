using System.Text.Json;

namespace Recs.Api.Json;

/// <summary>Items as JSON; an attribute is a text, a number, a truth value or a list of texts.</summary>
internal static class ItemJson
{
    private static readonly string[] Members =
        ["id", "title", "categories", "tags", "price", "available", "createdAt", "attributes", "vectors"];

    public static List<Item> ReadBatch(ReadOnlySpan<byte> utf8) => JsonInput.Parse(utf8,
        static (ref reader) => JsonInput.ReadArray(ref reader, "items", Limits.MaxItemsPerBatch,
            static (ref reader, index) => Read(ref reader, null, index)));

    /// <summary>One item; the body's id may be left out and must agree with <paramref name="id"/> otherwise.</summary>
    public static Item ReadOne(ReadOnlySpan<byte> utf8, string id) =>
        JsonInput.Parse(utf8, (ref reader) => Read(ref reader, id, null));

    private static Item Read(ref Utf8JsonReader reader, string? pathId, int? index)
    {
        JsonInput.BeginObject(ref reader, "item", index);
        string? id = null, title = null;
        IReadOnlyList<string> categories = [], tags = [];
        IReadOnlyDictionary<string, AttributeValue>? attributes = null;
        IReadOnlyDictionary<string, ReadOnlyMemory<float>>? vectors = null;
        double? price = null;
        bool? available = null;
        DateTimeOffset? createdAt = null;
        ulong seen = 0;
        while (JsonInput.NextMember(ref reader, Members, ref seen, out var member, index))
        {
            switch (member)
            {
                case 0: id = JsonInput.Text(ref reader, "id", index); break;
                case 1: title = JsonInput.Text(ref reader, "title", index); break;
                case 2: categories = JsonInput.Texts(ref reader, "categories", Limits.MaxCategories, index); break;
                case 3: tags = JsonInput.Texts(ref reader, "tags", Limits.MaxTags, index); break;
                case 4: price = JsonInput.Number(ref reader, "price", index); break;
                case 5: available = JsonInput.Flag(ref reader, "available", index); break;
                case 6: createdAt = JsonInput.Time(ref reader, "createdAt", index); break;
                case 7: attributes = ReadAttributes(ref reader, index); break;
                case 8: vectors = VectorsJson.Read(ref reader, index); break;
            }
        }
        if (pathId is not null && id is not null && id != pathId)
            throw RecommenderException.Invalid("id", id, $"'{pathId}', as in the path, or no id in the body", index);
        var item = new Item
        {
            Id = pathId ?? id ?? throw RecommenderException.Invalid("id", null, $"1 to {Limits.MaxIdLength} characters", index),
            Title = title ?? "",
            Categories = categories,
            Tags = tags,
            Price = price,
            Available = available ?? true,
            CreatedAt = createdAt,
            Vectors = vectors,
        };
        return attributes is null ? item : item with { Attributes = attributes };
    }

    private static Dictionary<string, AttributeValue>? ReadAttributes(ref Utf8JsonReader reader, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        JsonInput.BeginObject(ref reader, "attributes", index);
        var result = new Dictionary<string, AttributeValue>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonInput.Name(ref reader, index);
            reader.Read();
            var field = "attributes." + name;
            AttributeValue value = reader.TokenType switch
            {
                JsonTokenType.String => new AttributeValue.Text(JsonInput.Text(ref reader, field, index)!),
                JsonTokenType.Number => new AttributeValue.Number(JsonInput.Number(ref reader, field, index)!.Value),
                JsonTokenType.True or JsonTokenType.False => new AttributeValue.Flag(reader.GetBoolean()),
                JsonTokenType.StartArray => new AttributeValue.TextList(
                    JsonInput.Texts(ref reader, field, Limits.MaxTags, index)),
                _ => throw RecommenderException.Invalid(
                    field, JsonInput.Shown(ref reader), "a text, a number, true, false or an array of texts", index),
            };
            if (result.Count == Limits.MaxAttributes)
                throw RecommenderException.Invalid(
                    "attributes", $"more than {Limits.MaxAttributes}", $"up to {Limits.MaxAttributes}", index);
            if (!result.TryAdd(name, value))
                throw RecommenderException.Invalid(field, "given twice", "one value", index);
        }
        return result;
    }

    public static void Write(Utf8JsonWriter json, Item item)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, item.Id);
        json.WriteString("title"u8, item.Title);
        WriteTexts(json, "categories", item.Categories);
        WriteTexts(json, "tags", item.Tags);
        if (item.Price is { } price)
            json.WriteNumber("price"u8, price);
        else
            json.WriteNull("price"u8);
        json.WriteBoolean("available"u8, item.Available);
        if (item.CreatedAt is { } createdAt)
            json.WriteString("createdAt"u8, createdAt);
        else
            json.WriteNull("createdAt"u8);
        json.WriteStartObject("attributes"u8);
        foreach (var (name, value) in item.Attributes)
            switch (value)
            {
                case AttributeValue.Text text: json.WriteString(name, text.Value); break;
                case AttributeValue.Number number: json.WriteNumber(name, number.Value); break;
                case AttributeValue.Flag flag: json.WriteBoolean(name, flag.Value); break;
                case AttributeValue.TextList list: WriteTexts(json, name, list.Values); break;
            }
        json.WriteEndObject();
        if (item.Vectors is { Count: > 0 } vectors)
            VectorsJson.Write(json, vectors);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < values.Count; i++)
            json.WriteStringValue(values[i]);
        json.WriteEndArray();
    }
}
