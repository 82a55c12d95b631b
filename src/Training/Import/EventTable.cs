namespace Recs.Training.Import;

/// <summary>
/// The valid events of a file, in memory: 48 bytes each and 12 more while sorting, plus the distinct ids. Sealed by
/// <see cref="Sort"/>; not thread-safe.
/// </summary>
public sealed class EventTable
{
    private const int ChunkRows = 1 << 16;

    private readonly List<EventRow[]> _chunks = [];
    private readonly List<(string? EventId, string? RequestId)> _texts = [];
    private int[]? _order;
    private long? _syntheticEndMs;

    internal IdTable Users { get; } = new();

    internal IdTable Items { get; } = new();

    public int Count { get; private set; }

    public int UserCount => Users.Count;

    public int ItemCount => Items.Count;

    public string ItemId(int item) => Items[item];

    /// <summary>The file's name in messages.</summary>
    public required string File { get; init; }

    /// <summary>Names content and mapping: the same text, the same rows in the same order. At most 128 characters.</summary>
    public string Source { get; internal set; } = "";

    /// <summary>Time of the first and of the last event, milliseconds since 1970. Throws when empty or not sorted.</summary>
    public (long FirstMs, long LastMs) Range => (TimeOf(0), TimeOf(Count - 1));

    internal void Add(in EventRow row)
    {
        if (Count == ImportLimits.MaxEvents)
            throw new ImportException($"{File} holds more than {ImportLimits.MaxEvents:N0} events; split it by time and import the parts from old to new.");
        if (Count % ChunkRows == 0)
            _chunks.Add(new EventRow[ChunkRows]);
        _chunks[^1][Count++ % ChunkRows] = row;
    }

    internal int AddTexts(string? eventId, string? requestId)
    {
        if (eventId is null && requestId is null)
            return -1;
        _texts.Add((eventId, requestId));
        return _texts.Count - 1;
    }

    /// <summary>Sorts by time, equal times in the file's order.</summary>
    internal void Sort() => _order = Sorted();

    /// <summary>Sorts by the order column and stamps the events one second apart, the last one at the given time.</summary>
    internal void SortByOrder(long endMs)
    {
        _order = Sorted();
        _syntheticEndMs = endMs;
    }

    /// <summary>Keeps the rows of the items asked for; the others leave the order. After sorting only.</summary>
    internal void Keep(Predicate<int> item, Action<string, int> dropped)
    {
        var kept = new List<int>(Count);
        foreach (var row in _order!)
        {
            ref var e = ref Row(row);
            if (item(e.Item))
                kept.Add(row);
            else
                dropped(Items[e.Item], e.Line);
        }

        _order = [.. kept];
        Count = kept.Count;
    }

    /// <summary>The event at a 0-based place of the sorted order.</summary>
    public Interaction this[int place]
    {
        get
        {
            ref var e = ref Row(_order![place]);
            var (eventId, requestId) = e.Texts < 0 ? default : _texts[e.Texts];
            return new Interaction
            {
                UserId = Users[e.User],
                ItemId = Items[e.Item],
                Type = e.Type,
                Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(TimeOf(place)),
                Weight = double.IsNaN(e.Weight) ? null : e.Weight,
                Revenue = double.IsNaN(e.Revenue) ? null : e.Revenue,
                EventId = eventId,
                RequestId = requestId,
            };
        }
    }

    private long TimeOf(int place) =>
        _syntheticEndMs is { } end ? end - (Count - 1 - place) * 1000L : Row(_order![place]).Key;

    private ref EventRow Row(int row) => ref _chunks[row / ChunkRows][row % ChunkRows];

    private int[] Sorted()
    {
        var order = new int[Count];
        var keys = new long[Count];
        var inOrder = true;
        for (var row = 0; row < order.Length; row++)
        {
            order[row] = row;
            keys[row] = Row(row).Key;
            inOrder &= row == 0 || keys[row - 1] <= keys[row];
        }

        if (inOrder)
            return order;
        Array.Sort(keys, order);
        // The sort is not stable: put rows of one key back into the file's order.
        for (var from = 0; from < keys.Length;)
        {
            var to = from + 1;
            while (to < keys.Length && keys[to] == keys[from])
                to++;
            if (to - from > 1)
                order.AsSpan(from, to - from).Sort();
            from = to;
        }

        return order;
    }
}
