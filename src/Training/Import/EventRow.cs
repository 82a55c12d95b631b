namespace Recs.Training.Import;

/// <summary>One event of a file, 48 bytes; ids are indices into the table's lists.</summary>
internal struct EventRow
{
    /// <summary>What the rows are sorted by: milliseconds since 1970, or the order column made monotonic.</summary>
    public long Key;

    /// <summary>NaN when absent.</summary>
    public double Weight;

    /// <summary>NaN when absent.</summary>
    public double Revenue;

    public int User;

    public int Item;

    /// <summary>1-based line, capped at the greatest int.</summary>
    public int Line;

    /// <summary>Index of the event id and request id, -1 for neither.</summary>
    public int Texts;

    public InteractionType Type;
}

/// <summary>Ids in order of first sight. Not thread-safe.</summary>
internal sealed class IdTable
{
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _ids = [];

    public IdTable() => _lookup = _indices.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _ids.Count;

    public string this[int index] => _ids[index];

    public int Add(ReadOnlySpan<char> id)
    {
        if (_lookup.TryGetValue(id, out var index))
            return index;
        var text = id.ToString();
        index = _ids.Count;
        _indices.Add(text, index);
        _ids.Add(text);
        return index;
    }
}
