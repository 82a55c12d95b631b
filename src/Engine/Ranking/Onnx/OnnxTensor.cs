namespace Recs.Engine.Ranking.Onnx;

/// <summary>
/// A value while a graph runs: floats, or whole numbers (bools are 0 and 1). Its buffers grow and are kept, so a graph
/// that has run once on a size runs again without allocating. Not thread-safe.
/// </summary>
public sealed class OnnxTensor
{
    public const int MaxRank = 8, MaxElements = 16 << 20;

    private float[] _floats = [];
    private long[] _ints = [];

    internal OnnxTensor()
    {
    }

    internal OnnxTensor(OnnxConstant constant)
    {
        Reset(constant.Floats is not null, constant.Dims);
        constant.Floats?.CopyTo(_floats, 0);
        constant.Ints?.CopyTo(_ints, 0);
        Constant = constant;
    }

    /// <summary>Where the value is one of the file's: what can be prepared from it once.</summary>
    internal OnnxConstant? Constant { get; }

    public bool IsFloat { get; private set; } = true;

    public int Rank { get; private set; }

    public int Count { get; private set; }

    internal int[] Sizes { get; } = new int[MaxRank];

    public ReadOnlySpan<int> Dims => Sizes.AsSpan(0, Rank);

    /// <summary>The numbers of a float tensor.</summary>
    /// <exception cref="InvalidDataException">It holds whole numbers.</exception>
    public Span<float> Floats => IsFloat ? _floats.AsSpan(0, Count) : throw new InvalidDataException("ONNX: whole numbers where floats belong.");

    /// <summary>The numbers of a whole-number tensor.</summary>
    /// <exception cref="InvalidDataException">It holds floats.</exception>
    public Span<long> Ints => !IsFloat ? _ints.AsSpan(0, Count) : throw new InvalidDataException("ONNX: floats where whole numbers belong.");

    internal int Dim(int axis) => Sizes[Axis(axis)];

    /// <summary>A legal axis, counted from the end when negative.</summary>
    internal int Axis(long axis) => axis >= -Rank && axis < Rank
        ? (int)(axis < 0 ? axis + Rank : axis)
        : throw new InvalidDataException($"ONNX: axis {axis} of a tensor of {Rank} dimensions.");

    /// <summary>Gives the tensor a type and sizes; its numbers are then undefined.</summary>
    internal void Reset(bool isFloat, ReadOnlySpan<int> dims)
    {
        if (dims.Length > MaxRank)
            throw new InvalidDataException($"ONNX: {dims.Length} dimensions; legal is up to {MaxRank}.");
        long count = 1;
        foreach (var dim in dims)
        {
            count *= dim;
            if (dim < 0 || count > MaxElements)
                throw new InvalidDataException($"ONNX: a tensor of {count} numbers; legal is up to {MaxElements}.");
        }

        dims.CopyTo(Sizes);
        (IsFloat, Rank, Count) = (isFloat, dims.Length, (int)count);
        if (isFloat && _floats.Length < Count)
            _floats = new float[Count];
        if (!isFloat && _ints.Length < Count)
            _ints = new long[Count];
    }

    internal void CopyFrom(OnnxTensor other, ReadOnlySpan<int> dims)
    {
        Reset(other.IsFloat, dims);
        if (Count != other.Count)
            throw new InvalidDataException($"ONNX: {other.Count} numbers do not fill {Count} places.");
        if (IsFloat)
            other.Floats.CopyTo(_floats);
        else
            other.Ints.CopyTo(_ints);
    }
}
