namespace Recs.Training.Import;

/// <summary>
/// The items of a file by id; a later one takes the place of an earlier one, as if they were written one after the other: it
/// keeps the vectors of spaces that it does not name. Not thread-safe.
/// </summary>
internal sealed class ItemTable(string file)
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<Item> _items = [];
    private readonly List<long> _lines = [];

    public IReadOnlyList<Item> Items => _items;

    public void Add(Item item, long line)
    {
        if (_places.TryGetValue(item.Id, out var place))
        {
            (_items[place], _lines[place]) = (item with { Vectors = Merged(_items[place].Vectors, item.Vectors) }, line);
            return;
        }

        if (_items.Count == ImportLimits.MaxItems)
            throw new ImportException($"{file} holds more than {ImportLimits.MaxItems:N0} items; split it.");
        _places.Add(item.Id, _items.Count);
        _items.Add(item);
        _lines.Add(line);
    }

    /// <summary>
    /// The items with attributes typed column by column: numbers when every value is one (without leading zeros, as
    /// codes have), truth values when every value is true or false, texts otherwise. A filter then sees one type.
    /// </summary>
    public IReadOnlyList<Item> WithTypedAttributes(RejectLog rejects)
    {
        var kinds = new Dictionary<string, (bool Number, bool Flag)>(StringComparer.Ordinal);
        foreach (var item in _items)
        {
            foreach (var (name, value) in item.Attributes)
            {
                var text = ((AttributeValue.Text)value).Value;
                var (number, flag) = kinds.GetValueOrDefault(name, (true, true));
                kinds[name] = (number && IsNumber(text, out _), flag && bool.TryParse(text, out _));
            }
        }

        if (!kinds.Values.Any(k => k.Number || k.Flag))
            return _items;
        var typed = new List<Item>(_items.Count);
        for (var i = 0; i < _items.Count; i++)
        {
            var item = _items[i] with { Attributes = _items[i].Attributes.ToDictionary(a => a.Key, a => Typed(a.Key, a.Value)) };
            if (ItemFile.Check(item) is { } refusal)
                rejects.Add(file, _lines[i], refusal.Field ?? "item", ItemFile.Advice(refusal));
            else
                typed.Add(item);
        }

        return typed;

        AttributeValue Typed(string name, AttributeValue value)
        {
            var text = ((AttributeValue.Text)value).Value;
            var (isNumber, isFlag) = kinds[name];
            if (isNumber && IsNumber(text, out var number))
                return new AttributeValue.Number(number);
            return isFlag ? new AttributeValue.Flag(bool.Parse(text)) : value;
        }
    }

    private static IReadOnlyDictionary<string, ReadOnlyMemory<float>>? Merged(
        IReadOnlyDictionary<string, ReadOnlyMemory<float>>? earlier, IReadOnlyDictionary<string, ReadOnlyMemory<float>>? later)
    {
        if (earlier is null || later is null)
            return later ?? earlier;
        var merged = new Dictionary<string, ReadOnlyMemory<float>>(earlier, StringComparer.Ordinal);
        foreach (var (space, vector) in later)
            merged[space] = vector;
        return merged;
    }

    private static bool IsNumber(string text, out double number)
    {
        var digits = text.AsSpan().TrimStart('-');
        return EventRules.TryNumber(text, out number) && !(digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]));
    }
}
