using System.Numerics.Tensors;

namespace Recs.Training.NextItem;

/// <summary>Sums of vectors by item for the few items of a batch. Cleared by walking what was touched. Not thread-safe.</summary>
internal sealed class SparseRows(int items, int dimension)
{
    private readonly int[] _slot = new int[items];
    private readonly List<int> _touched = [];
    private float[] _values = new float[256 * dimension];

    public IReadOnlyList<int> Touched => _touched;

    public Span<float> Row(int touched) => _values.AsSpan(touched * dimension, dimension);

    public void Add(int item, ReadOnlySpan<float> value)
    {
        if (_slot[item] == 0)
        {
            _touched.Add(item);
            _slot[item] = _touched.Count;
            if (_values.Length < _touched.Count * dimension)
                Array.Resize(ref _values, _values.Length * 2);
            Row(_touched.Count - 1).Clear();
        }

        var row = Row(_slot[item] - 1);
        TensorPrimitives.Add(row, value, row);
    }

    public void Add(SparseRows other)
    {
        for (var t = 0; t < other._touched.Count; t++)
            Add(other._touched[t], other.Row(t));
    }

    public void Clear()
    {
        foreach (var item in _touched)
            _slot[item] = 0;
        _touched.Clear();
    }
}
