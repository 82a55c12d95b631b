using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Engine.Catalog;

/// <summary>Attribute values as JSON: text, number, true/false, or an array of texts.</summary>
public sealed class AttributeValueJson : JsonConverter<AttributeValue>
{
    /// <inheritdoc/>
    public override AttributeValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new AttributeValue.Text(reader.GetString()!),
        JsonTokenType.Number => new AttributeValue.Number(reader.GetDouble()),
        JsonTokenType.True or JsonTokenType.False => new AttributeValue.Flag(reader.GetBoolean()),
        JsonTokenType.StartArray => ReadList(ref reader),
        _ => throw new JsonException("an attribute is a text, a number, true, false or an array of texts"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, AttributeValue value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case AttributeValue.Text text:
                writer.WriteStringValue(text.Value);
                break;
            case AttributeValue.Number number:
                writer.WriteNumberValue(number.Value);
                break;
            case AttributeValue.Flag flag:
                writer.WriteBooleanValue(flag.Value);
                break;
            case AttributeValue.TextList list:
                writer.WriteStartArray();
                foreach (var text in list.Values)
                    writer.WriteStringValue(text);
                writer.WriteEndArray();
                break;
        }
    }

    private static AttributeValue.TextList ReadList(ref Utf8JsonReader reader)
    {
        var values = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new JsonException("a list attribute holds texts only");
            values.Add(reader.GetString()!);
        }

        return new AttributeValue.TextList(values);
    }
}
