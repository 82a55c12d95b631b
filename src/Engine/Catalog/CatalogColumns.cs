using System.Collections.Concurrent;

namespace Recs.Engine.Catalog;

/// <summary>Everything that filters run on. One writer; readers never wait.</summary>
internal sealed class CatalogColumns
{
    private static readonly IReadOnlyDictionary<string, AttributeValue> NoAttributes = new Dictionary<string, AttributeValue>();

    private readonly ConcurrentDictionary<string, AttributeColumn> _attributes = new(StringComparer.Ordinal);

    /// <summary>Items present and available.</summary>
    public BitColumn Available { get; } = new();

    public PostingColumn Categories { get; } = new();

    public PostingColumn Tags { get; } = new();

    public NumberColumn Price { get; } = new();

    /// <summary>Milliseconds since 1970.</summary>
    public NumberColumn CreatedAt { get; } = new();

    /// <summary>Distinct attribute names in use.</summary>
    public int AttributeNames => _attributes.Count;

    public bool Knows(string attribute) => _attributes.ContainsKey(attribute);

    public AttributeColumn? Attribute(string name) => _attributes.GetValueOrDefault(name);

    /// <summary>Moves every column from one state of an item to the next; null stands for absent.</summary>
    public void Change(int number, CatalogItem? before, CatalogItem? now, int numbers)
    {
        Categories.Change(number, before?.Item.Categories ?? [], now?.Item.Categories ?? [], numbers);
        Tags.Change(number, before?.Item.Tags ?? [], now?.Item.Tags ?? [], numbers);
        Price.Set(number, now?.Item.Price ?? double.NaN);
        CreatedAt.Set(number, now?.CreatedMs ?? double.NaN);
        ChangeAttributes(number, before?.Item.Attributes ?? NoAttributes, now?.Item.Attributes ?? NoAttributes, numbers);
        Available.Set(number, now is { Item.Available: true });
    }

    /// <summary>Tells the item's categories and tags that it changed, once its new state is readable.</summary>
    public void Touch(CatalogItem? item)
    {
        if (item is null)
            return;
        Categories.Touch(item.Number, item.Item.Categories);
        Tags.Touch(item.Number, item.Item.Tags);
    }

    private void ChangeAttributes(
        int number,
        IReadOnlyDictionary<string, AttributeValue> before,
        IReadOnlyDictionary<string, AttributeValue> now,
        int numbers)
    {
        foreach (var (name, value) in before)
        {
            if (now.ContainsKey(name) || !_attributes.TryGetValue(name, out var column))
                continue;
            column.Change(number, value, null, numbers);
            // The last item lost it: the name no longer counts against the cap.
            if (column.Items == 0)
                _attributes.TryRemove(name, out _);
        }

        foreach (var (name, value) in now)
        {
            if (!_attributes.TryGetValue(name, out var column))
                _attributes[name] = column = new AttributeColumn();
            column.Change(number, before.GetValueOrDefault(name), value, numbers);
        }
    }
}
