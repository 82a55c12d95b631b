using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Catalog;

/// <summary>
/// The vectors of one space by item number: a table while a catalogue is read, an index once it is made searchable.
/// Written by the catalogue alone; an index may be read at any time.
/// </summary>
public sealed class SpaceVectors
{
    // Below it every vector is scored, in less than a millisecond: what is found then depends on the vectors alone, and not
    // on the order in which they were written.
    private const long ExactBytes = 8L << 20;

    private static readonly VectorIndexOptions Options = new() { TargetRecall = 0.99, FilteredRecall = 0.99 };

    private Dictionary<int, float[]> _table = [];
    private volatile VectorIndex? _index;

    // Vectors that go from the table to the index: while they do, the table says too few.
    private volatile int _moving;

    public SpaceVectors(VectorSpace space) => Space = space;

    /// <summary>Over an index that is written to elsewhere.</summary>
    internal SpaceVectors(VectorIndex index) => (Space, _index) = (index.Space, index);

    public VectorSpace Space { get; }

    /// <summary>Null until <see cref="MakeSearchable"/>.</summary>
    public VectorIndex? Index => _index;

    public int Count => _index is { } index ? index.Count : Math.Max(_moving, _table.Count);

    /// <summary>Of the float vectors alone.</summary>
    public long VectorBytes => (long)Count * BytesOfOne;

    /// <summary>Of vectors, codes and what was learned.</summary>
    public long MemoryBytes => _index?.MemoryBytes ?? VectorBytes;

    internal long BytesOfOne => sizeof(float) * (long)Space.Dimension;

    /// <summary>How far a search goes: through everything where that is quick, else as calibrated.</summary>
    internal SearchEffort? Effort => VectorBytes <= ExactBytes ? SearchEffort.Everything : null;

    internal void Put(int item, ReadOnlySpan<float> vector)
    {
        if (_index is { } index)
            index.Upsert(item, vector);
        else
            _table[item] = vector.ToArray();
    }

    internal void Remove(int item)
    {
        if (_index is { } index)
            index.Remove(item);
        else
            _table.Remove(item);
    }

    internal bool TryGet(int item, Span<float> vector)
    {
        if (_index is { } index)
            return index.TryGet(item, vector);
        if (!_table.TryGetValue(item, out var held))
            return false;
        held.CopyTo(vector);
        return true;
    }

    internal bool Has(int item)
    {
        Span<float> vector = stackalloc float[Space.Dimension];
        return TryGet(item, vector);
    }

    /// <summary>Builds the index over what the table holds; not to be called beside writes.</summary>
    internal void MakeSearchable()
    {
        if (_index is not null)
            return;
        var table = _table;
        int[] items = [.. table.Keys.Order()];
        _moving = items.Length;
        _index = VectorIndex.Build(
            Space, items,
            item =>
            {
                // Given up one by one: both copies of everything need not fit.
                table.Remove(item, out var vector);
                return vector!;
            },
            Options);
        _table = [];
    }
}
