namespace Recs.Engine.Catalog;

/// <summary>An item with what the engine has looked up for it. Immutable.</summary>
public sealed class CatalogItem
{
    /// <summary>As written, with <see cref="Item.CreatedAt"/> present and repeated categories and tags dropped.</summary>
    public required Item Item { get; init; }

    public required int Number { get; init; }

    public required int[] CategoryCodes { get; init; }

    public required int[] TagCodes { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long CreatedMs { get; init; }
}
