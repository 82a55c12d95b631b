using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Recs.Cli.Output;

/// <summary>The JSON of the HTTP API: camelCase, enums as texts, attributes as plain values, spans of time in seconds.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new AttributeValueConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NameSeconds } },
    };

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);

    private static void NameSeconds(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.PropertyType != typeof(TimeSpan?) && property.PropertyType != typeof(TimeSpan))
                continue;
            property.Name += "Seconds";
            property.CustomConverter = property.PropertyType == typeof(TimeSpan) ? new SecondsConverter() : null;
            if (property.PropertyType == typeof(TimeSpan?))
                property.CustomConverter = new OptionalSecondsConverter();
        }
    }

    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalSeconds);
    }

    private sealed class OptionalSecondsConverter : JsonConverter<TimeSpan?>
    {
        public override TimeSpan? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? null : TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
        {
            if (value is { } span)
                writer.WriteNumberValue(span.TotalSeconds);
            else
                writer.WriteNullValue();
        }
    }

    private sealed class AttributeValueConverter : JsonConverter<AttributeValue>
    {
        public override bool CanConvert(Type type) => typeof(AttributeValue).IsAssignableFrom(type);

        public override AttributeValue Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new AttributeValue.Text(reader.GetString()!),
            JsonTokenType.Number => new AttributeValue.Number(reader.GetDouble()),
            JsonTokenType.True or JsonTokenType.False => new AttributeValue.Flag(reader.GetBoolean()),
            JsonTokenType.StartArray => new AttributeValue.TextList(JsonSerializer.Deserialize<string[]>(ref reader, options)!),
            _ => throw new JsonException($"An attribute was {reader.TokenType}."),
        };

        public override void Write(Utf8JsonWriter writer, AttributeValue value, JsonSerializerOptions options)
        {
            switch (value)
            {
                case AttributeValue.Text text: writer.WriteStringValue(text.Value); break;
                case AttributeValue.Number number: writer.WriteNumberValue(number.Value); break;
                case AttributeValue.Flag flag: writer.WriteBooleanValue(flag.Value); break;
                case AttributeValue.TextList list: JsonSerializer.Serialize(writer, list.Values, options); break;
            }
        }
    }
}
