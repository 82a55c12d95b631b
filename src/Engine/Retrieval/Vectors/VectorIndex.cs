using System.Numerics;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Vectors of one space by item number, searchable while they change. A write is visible to every search that starts
/// after it returned; a search works on one state from start to end and never waits. Writers take turns. Thread-safe.
/// </summary>
/// <remarks>Docs: docs/decisions/vector-index.md.</remarks>
public sealed partial class VectorIndex
{
    /// <summary>Item numbers lie below it: they index arrays.</summary>
    public const int MaxItems = 1 << 28;

    private readonly VectorIndexOptions _options;
    private readonly Lock _write = new();
    private Dictionary<int, int> _deltaOf = [];
    private IndexState _state;

    public VectorIndex(VectorSpace space, VectorIndexOptions? options = null)
    {
        Space = space;
        _options = options ?? new VectorIndexOptions();
        if (_options.TargetRecall != 0)
            CheckRecall(_options.TargetRecall, "targetRecall");
        CheckRecall(_options.FilteredRecall, "filteredRecall");
        Kernel = _options.Kernel ?? (Avx512NibbleKernel.IsSupported ? Avx512NibbleKernel.Name
            : Avx2NibbleKernel.IsSupported ? Avx2NibbleKernel.Name : ScalarNibbleKernel.Name);
        _run = RunOf(Kernel);
        _state = new IndexState(new MasterVectors(space.Dimension), null, LiveSlots.All(0), DeltaView.Empty);
    }

    public VectorSpace Space { get; }

    /// <summary>The instructions it scans with, for status pages.</summary>
    public string Kernel { get; }

    /// <summary>Vectors that a search may find.</summary>
    public int Count => State.Count;

    /// <summary>Bytes held for <see cref="Count"/> vectors: float vectors, codes, maps and what was learned; old states that a search still reads not counted.</summary>
    public long MemoryBytes
    {
        get
        {
            var state = State;
            return state.Masters.Bytes + (state.Segment is { } segment ? segment.CodeBytes + segment.Quantizer.Bytes : 0);
        }
    }

    internal IndexState State => Volatile.Read(ref _state);

    /// <summary>Builds an index at once, which is faster than one write after the other.</summary>
    /// <remarks><c>items</c>: Item numbers, each once. <c>vectors</c>: One after the other.</remarks>
    public static VectorIndex Build(VectorSpace space, ReadOnlySpan<int> items, ReadOnlySpan<float> vectors, VectorIndexOptions? options = null)
    {
        if (vectors.Length != (long)items.Length * space.Dimension)
            throw RecommenderException.Invalid("vectors", $"{vectors.Length} values", $"{items.Length} x {space.Dimension} values");
        var index = new VectorIndex(space, options);
        var masters = new MasterVectors(space.Dimension, items.Length);
        var seen = new HashSet<int>(items.Length);
        for (var n = 0; n < items.Length; n++)
        {
            CheckItem(items[n], n);
            if (!seen.Add(items[n]))
                throw RecommenderException.Invalid("items", items[n], "each item once", n);
            var vector = vectors.Slice(n * space.Dimension, space.Dimension);
            space.Check(vector, "vectors");
            masters.Append(vector);
        }
        var rows = new int[items.Length];
        for (var n = 0; n < rows.Length; n++)
            rows[n] = n;
        index.Adopt(masters, items.ToArray(), rows);
        return index;
    }

    /// <summary>Inserts or replaces an item's vector. Waits for a merge when writes have run far ahead of it.</summary>
    /// <exception cref="RecommenderException">Overloaded: so it is, and the merge fails; nothing changed.</exception>
    public void Upsert(int item, ReadOnlySpan<float> vector)
    {
        CheckItem(item, null);
        Space.Check(vector, "vector");
        lock (_write)
        {
            MakeRoom();
            // First what may find no memory.
            var row = _state.Masters.Append(vector);
            var state = Without(_state, item, out _);
            _deltaOf[item] = state.Delta.Count;
            Publish(state with { Delta = state.Delta.With(item, row) }, item);
        }
    }

    /// <returns>False when there was none.</returns>
    public bool Remove(int item)
    {
        CheckItem(item, null);
        lock (_write)
        {
            var state = Without(_state, item, out var found);
            if (found)
                Publish(state, item);
            return found;
        }
    }

    /// <summary>Copies an item's vector as it was given.</summary>
    public bool TryGet(int item, Span<float> vector)
    {
        lock (_write)
        {
            var state = _state;
            if (_deltaOf.TryGetValue(item, out var entry))
                state.Masters[state.Delta.RowAt(entry)].CopyTo(vector);
            else if (SlotOf(state, item) is >= 0 and var slot)
                unsafe
                {
                    state.Masters[state.Segment!.Rows.Ints[slot]].CopyTo(vector);
                }
            else
                return false;
            return true;
        }
    }

    internal static void CheckItem(int item, int? index)
    {
        if ((uint)item >= MaxItems)
            throw RecommenderException.Invalid("item", item, $"0 to {MaxItems - 1}", index);
    }

    private static int SlotOf(IndexState state, int item)
    {
        if (state.Segment is not { } segment || (uint)item >= (uint)segment.SlotOfItem.Length)
            return -1;
        var slot = segment.SlotOfItem[item];
        return slot >= 0 && state.Live.Has(slot) ? slot : -1;
    }

    private IndexState Without(IndexState state, int item, out bool found)
    {
        found = true;
        if (_deltaOf.Remove(item, out var entry))
            return state with { Delta = state.Delta.Without(entry) };
        if (SlotOf(state, item) is >= 0 and var slot)
            return state with { Live = state.Live.Without(slot) };
        found = false;
        return state;
    }
}
