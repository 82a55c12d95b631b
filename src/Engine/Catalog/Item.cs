using System.Text.Json.Serialization;

namespace Recs.Engine.Catalog;

/// <summary>Something that can be recommended. Immutable.</summary>
public sealed record Item
{
    private static readonly IReadOnlyDictionary<string, AttributeValue> NoAttributes =
        new Dictionary<string, AttributeValue>();

    /// <summary>1 to <see cref="Limits.MaxIdLength"/> characters.</summary>
    public required string Id { get; init; }

    /// <summary>What people see; the id when empty.</summary>
    public string Title { get; init; } = "";

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>0 or more, in the shop's currency.</summary>
    public double? Price { get; init; }

    /// <summary>An unavailable item keeps its history but is on no page.</summary>
    public bool Available { get; init; } = true;

    /// <summary>When it entered the catalogue; the time of the first write when absent.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Further attributes, usable in filters by their names.</summary>
    public IReadOnlyDictionary<string, AttributeValue> Attributes { get; init; } = NoAttributes;

    /// <summary>
    /// Vectors by named space. Written: a space that is not named keeps the vector that the item had, an empty vector removes
    /// it. Read: those the item has, and null where it has none or they were not asked for.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Vectors { get; init; }
}
