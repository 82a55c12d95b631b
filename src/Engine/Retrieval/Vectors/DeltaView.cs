namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Vectors written since the last merge, in order of arrival, as a reader sees them. The arrays are shared with later
/// views, which only write past <see cref="Count"/>.
/// </summary>
internal sealed class DeltaView(int[] items, int[] rows, int count, ulong[] removed, int removedCount)
{
    public static DeltaView Empty { get; } = new([], [], 0, [], 0);

    public int Count => count;

    /// <summary>Entries that were removed or replaced since.</summary>
    public int Removed => removedCount;

    public int ItemAt(int entry) => items[entry];

    public int RowAt(int entry) => rows[entry];

    public bool Has(int entry) => (removed[entry >> 6] >> entry & 1) == 0;

    public DeltaView With(int item, int row)
    {
        var (newItems, newRows, bits) = (items, rows, removed);
        if (count == items.Length)
        {
            var capacity = Math.Max(64, count * 2);
            (newItems, newRows) = (new int[capacity], new int[capacity]);
            items.AsSpan(0, count).CopyTo(newItems);
            rows.AsSpan(0, count).CopyTo(newRows);
        }
        if (bits.Length << 6 <= count)
        {
            bits = new ulong[(count >> 6) + 1];
            removed.CopyTo(bits, 0);
        }
        newItems[count] = item;
        newRows[count] = row;
        return new DeltaView(newItems, newRows, count + 1, bits, removedCount);
    }

    /// <param name="entry">One that was not removed yet.</param>
    public DeltaView Without(int entry)
    {
        var bits = (ulong[])removed.Clone();
        bits[entry >> 6] |= 1UL << entry;
        return new DeltaView(items, rows, count, bits, removedCount + 1);
    }
}
