using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Engine.Catalog;

/// <summary>One record of the catalogue's log, as JSON: items written, an item deleted, or ids that stay known.</summary>
internal sealed record CatalogEntry
{
    /// <summary>Items added or replaced, as they are kept.</summary>
    public IReadOnlyList<Item>? Upsert { get; init; }

    /// <summary>An item deleted.</summary>
    public string? Delete { get; init; }

    /// <summary>Ids of deleted items, after a compaction: events on them are still legal.</summary>
    public IReadOnlyList<string>? Known { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, CatalogJsonContext.Default.CatalogEntry);

    /// <summary>Null for an emptied record. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static CatalogEntry? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return null;
        try
        {
            return JsonSerializer.Deserialize(payload, CatalogJsonContext.Default.CatalogEntry);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A catalogue record of {payload.Length} bytes is damaged: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(AttributeValueJson), typeof(VectorJson)])]
[JsonSerializable(typeof(CatalogEntry))]
internal sealed partial class CatalogJsonContext : JsonSerializerContext;
