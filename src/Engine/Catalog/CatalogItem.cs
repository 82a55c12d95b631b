namespace Recs.Engine.Catalog;

/// <summary>An item with what the engine has looked up for it. Immutable.</summary>
public sealed class CatalogItem
{
    private readonly Item _item = null!;

    /// <summary>As written, with <see cref="Item.CreatedAt"/> present and repeated categories and tags dropped; its vectors are in <see cref="ItemCatalog.Vectors"/>.</summary>
    public required Item Item
    {
        get => _item;
        init
        {
            _item = value;
            LogPrice = value.Price is { } price ? MathF.Log(1 + (float)price) : float.NaN;
        }
    }

    /// <summary>log(1 + price), NaN without a price: here because the ranker reads it of every candidate.</summary>
    public float LogPrice { get; private init; }

    public required int Number { get; init; }

    public required int[] CategoryCodes { get; init; }

    public required int[] TagCodes { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public required long CreatedMs { get; init; }
}
