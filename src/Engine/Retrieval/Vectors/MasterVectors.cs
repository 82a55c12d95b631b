using System.Numerics;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// The float vectors of a space as they were given, by row, in chunks that never move. One writer appends; readers see
/// the rows that they were told of. Rows are not reused: a rebuild starts a new store.
/// </summary>
internal sealed unsafe class MasterVectors
{
    // Chunks near 16 MiB: large enough for large pages.
    private const int ChunkBytes = 16 << 20;

    private readonly int _shift, _expected;
    private AlignedMemory[] _chunks = [];

    public MasterVectors(int dimension, int expected = 0)
    {
        (Dimension, _expected) = (dimension, expected);
        _shift = BitOperations.Log2((uint)Math.Max(64, ChunkBytes / (4 * dimension)));
        while (_shift > 6 && 1L << _shift - 1 >= expected)
            _shift--;
    }

    /// <summary>Rows of a mapped file, one after the other; rows appended later lie elsewhere.</summary>
    public MasterVectors(int dimension, AlignedMemory rows, int count)
    {
        Dimension = dimension;
        _shift = BitOperations.Log2((uint)Math.Max(64, ChunkBytes / (4 * dimension)));
        var chunks = (count + (1 << _shift) - 1) >> _shift;
        var bytes = (1L << _shift) * dimension * sizeof(float);
        _chunks = new AlignedMemory[chunks];
        for (var chunk = 0; chunk < chunks; chunk++)
            _chunks[chunk] = new AlignedMemory(rows.Pointer + chunk * bytes, Math.Min(bytes, rows.Bytes - chunk * bytes), rows);
        // Row numbers up to the chunk's end stay unused: they would lie past the mapped rows.
        Count = chunks << _shift;
        Appended = count;
    }

    public int Dimension { get; }

    /// <summary>Past the last row; some below it may never have been used. The writer's own figure.</summary>
    public int Count { get; private set; }

    /// <summary>Vectors that were appended. The writer's own figure.</summary>
    public int Appended { get; private set; }

    public long Bytes => _chunks.Sum(c => c.Bytes);

    public int Append(ReadOnlySpan<float> vector)
    {
        var whole = 1 << _shift;
        // The last chunk of what was expected is cut to size; what comes unexpected starts the next one.
        if (Count == _expected)
            Count = (Count + whole - 1) & -whole;
        if (Count >> _shift == _chunks.Length)
        {
            var rows = Count < _expected ? Math.Min(whole, _expected - Count) : whole;
            Volatile.Write(ref _chunks, [.. _chunks, AlignedMemory.OfFloats((long)rows * Dimension)]);
        }
        vector.CopyTo(new Span<float>(Row(Count), Dimension));
        Appended++;
        return Count++;
    }

    /// <summary>Valid for as long as this object is referred to.</summary>
    public float* Row(int row) => Volatile.Read(ref _chunks)[row >> _shift].Floats + (nint)(row & (1 << _shift) - 1) * Dimension;

    public ReadOnlySpan<float> this[int row] => new(Row(row), Dimension);
}
