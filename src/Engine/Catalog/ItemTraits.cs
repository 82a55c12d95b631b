using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Recs.Engine.Catalog;

/// <summary>
/// What retrieval and ranking read of every candidate: a copy, in one place of 64 bytes, of what is otherwise an item, two
/// arrays and the slots that lead to them, each in another corner of a large catalogue's memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ItemTraits
{
    /// <summary>Codes that fit; an item with more has them in <see cref="CatalogItem"/> alone.</summary>
    public const int Fitting = 10;

    // Odd while the row is written.
    internal int Version;
    private byte _categories;
    private byte _tags;
    private State _state;
    private bool _fits;

    /// <summary>log(1 + price), NaN without a price.</summary>
    public float LogPrice;

    public int Number;

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedMs;

    private FittingCodes _codes;

    /// <summary>False for a deleted item, or a number that never was one.</summary>
    public readonly bool Present => _state != State.Absent;

    /// <summary>May be on a page.</summary>
    public readonly bool Available => _state == State.Available;

    /// <summary>The codes of categories and tags, in the item's order.</summary>
    [UnscopedRef]
    public readonly ItemTerms Terms(ItemCatalog catalog)
    {
        if (_fits)
        {
            ReadOnlySpan<int> codes = _codes;
            return new ItemTerms(codes[.._categories], codes.Slice(_categories, _tags));
        }

        return catalog.Get(Number) is { } item ? new ItemTerms(item.CategoryCodes, item.TagCodes) : default;
    }

    internal void Set(int number, CatalogItem? item)
    {
        _state = item is null ? State.Absent : item.Item.Available ? State.Available : State.Unavailable;
        if (item is null)
            return;
        (Number, LogPrice, CreatedMs) = (number, item.LogPrice, item.CreatedMs);
        _fits = item.CategoryCodes.Length + item.TagCodes.Length <= Fitting;
        if (!_fits)
            return;
        (_categories, _tags) = ((byte)item.CategoryCodes.Length, (byte)item.TagCodes.Length);
        item.CategoryCodes.CopyTo(_codes[..]);
        item.TagCodes.CopyTo(_codes[_categories..]);
    }

    private enum State : byte
    {
        Absent,
        Unavailable,
        Available,
    }

    [InlineArray(Fitting)]
    private struct FittingCodes
    {
        private int _first;
    }
}

/// <summary>An item's category and tag codes.</summary>
internal readonly ref struct ItemTerms(ReadOnlySpan<int> categories, ReadOnlySpan<int> tags)
{
    public ReadOnlySpan<int> Categories { get; } = categories;

    public ReadOnlySpan<int> Tags { get; } = tags;
}

/// <summary>
/// The traits of a catalogue's items by number. One writer at a time; readers never see half a row (each has a version that
/// is odd while its 64 bytes are written). Codes that do not fit are read of the item, as it is then.
/// </summary>
internal sealed class ItemTraitTable
{
    private volatile ItemTraits[] _rows = new ItemTraits[64];

    /// <summary>False, and nothing to read, for a deleted item or a number that never was one.</summary>
    public bool TryRead(int number, out ItemTraits traits)
    {
        var rows = _rows;
        if ((uint)number >= (uint)rows.Length)
        {
            traits = default;
            return false;
        }

        ref var row = ref rows[number];
        var wait = default(SpinWait);
        while (true)
        {
            var version = Volatile.Read(ref row.Version);
            traits = row;
            Volatile.ReadBarrier();
            if ((version & 1) == 0 && version == row.Version)
                return traits.Present;
            // The writer of 64 bytes was stopped amid them: it may need this core.
            wait.SpinOnce();
        }
    }

    /// <summary>Makes room for numbers below <paramref name="count"/>. Writer only.</summary>
    public void Grow(int count) => _rows = CopyOnGrow.Grow(_rows, count, default);

    /// <summary>Takes over an item, or its absence. Writer only.</summary>
    public void Write(int number, CatalogItem? item)
    {
        ref var row = ref _rows[number];
        var version = row.Version;
        var written = default(ItemTraits);
        written.Set(number, item);
        written.Version = version + 1;
        Volatile.Write(ref row.Version, version + 1);
        Volatile.WriteBarrier();
        row = written;
        Volatile.Write(ref row.Version, version + 2);
    }

    /// <summary>Asks for the cache lines that <see cref="TryRead"/> reads; no result depends on it.</summary>
    public void Prefetch(int number)
    {
        var rows = _rows;
        if ((uint)number >= (uint)rows.Length)
            return;
        MemoryHint.WholeOf(in rows[number]);
    }
}
