using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Recs.Engine.Monitoring;

namespace Recs.Api.Json;

/// <summary>Source-generated JSON of the records that leave by HTTP: camelCase, enums as camelCase texts.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, RespectNullableAnnotations = true,
    Converters = [typeof(InteractionTypeConverter)])]
[JsonSerializable(typeof(Page))]
[JsonSerializable(typeof(PageExplanation))]
[JsonSerializable(typeof(ItemExplanation))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(MergeReceipt))]
[JsonSerializable(typeof(ForgetReceipt))]
[JsonSerializable(typeof(CatalogReceipt))]
[JsonSerializable(typeof(UserProfile))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ReloadResult))]
[JsonSerializable(typeof(HealthResult))]
[JsonSerializable(typeof(MergeBody))]
[JsonSerializable(typeof(RulesBody))]
[JsonSerializable(typeof(RecommenderStatus))]
[JsonSerializable(typeof(Interaction[]))]
[JsonSerializable(typeof(Item[]))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>How shapes outside the hot path are written.</summary>
internal static class ReplyJson
{
    /// <summary>
    /// A span of time is a number of seconds under a name that says so, "modelFreshness" being
    /// "modelFreshnessSeconds".
    /// </summary>
    public static JsonSerializerOptions Options { get; } = new(ApiJson.Default.Options)
    {
        TypeInfoResolver = ApiJson.Default.WithAddedModifier(static type =>
        {
            foreach (var property in type.Properties)
                if (property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(TimeSpan?))
                {
                    property.Name += "Seconds";
                    property.CustomConverter = property.PropertyType == typeof(TimeSpan)
                        ? new SecondsConverter() : new NullableSecondsConverter();
                }
        }),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}

/// <summary>The models that this host knows, newest first.</summary>
internal sealed record ModelList(IReadOnlyList<ModelInfo> Models);

/// <summary>The active model after a reload; null when there is none yet.</summary>
internal sealed record ReloadResult(string? ModelVersion);

/// <summary>"live", "ready".</summary>
internal sealed record HealthResult(string Status);

internal sealed record MergeBody(string GuestId);

internal sealed class InteractionTypeConverter()
    : JsonStringEnumConverter<InteractionType>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        TimeSpan.FromSeconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Math.Round(value.TotalSeconds, 3));
}

internal sealed class NullableSecondsConverter : JsonConverter<TimeSpan?>
{
    public override TimeSpan? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : TimeSpan.FromSeconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
    {
        if (value is { } span)
            writer.WriteNumberValue(Math.Round(span.TotalSeconds, 3));
        else
            writer.WriteNullValue();
    }
}
