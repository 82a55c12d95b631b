using System.Numerics.Tensors;

namespace Recs.Training.Ranking.Deep;

/// <summary>The three products of a layer Y = X W, with a buffer to pack in. Not thread-safe.</summary>
internal sealed class DcnProducts
{
    private float[] _packed;

    public DcnProducts(DcnLayout layout) => _packed = new float[layout.All.Max(m => Gemm.PackedLength(m.Rows, m.Columns))];

    /// <summary>Y = X W.</summary>
    public void Forward(ReadOnlySpan<float> x, int stride, int n, ReadOnlySpan<float> weights, DcnMatrix shape, Span<float> y, int yStride)
    {
        var packed = Buffer(shape.Rows, shape.Columns);
        Gemm.Pack(weights, shape.Columns, 1, shape.Rows, shape.Columns, packed);
        Gemm.Multiply(x, stride, 1, n, shape.Rows, packed, shape.Columns, y, yStride, add: false);
    }

    /// <summary>dX = dY W', or added to it.</summary>
    public void Backward(
        ReadOnlySpan<float> dy, int stride, int n, ReadOnlySpan<float> weights, DcnMatrix shape, Span<float> dx, int xStride, bool add)
    {
        var packed = Buffer(shape.Columns, shape.Rows);
        Gemm.Pack(weights, 1, shape.Columns, shape.Columns, shape.Rows, packed);
        Gemm.Multiply(dy, stride, 1, n, shape.Columns, packed, shape.Rows, dx, xStride, add);
    }

    /// <summary>dW += X' dY.</summary>
    public void Gradient(
        ReadOnlySpan<float> x, int xStride, int inputs, int n, ReadOnlySpan<float> dy, int yStride, DcnMatrix shape, float[] gradient)
    {
        var packed = Buffer(n, shape.Columns);
        Gemm.Pack(dy, yStride, 1, n, shape.Columns, packed);
        Gemm.Multiply(x, 1, xStride, inputs, n, packed, shape.Columns, shape.In(gradient), shape.Columns, add: true);
    }

    /// <summary>Adds all rows to one.</summary>
    public static void AddRows(ReadOnlySpan<float> rows, int n, int width, Span<float> into)
    {
        for (var r = 0; r < n; r++)
            TensorPrimitives.Add(into, rows.Slice(r * width, width), into);
    }

    private Span<float> Buffer(int k, int n)
    {
        var length = Gemm.PackedLength(k, n);
        if (_packed.Length < length)
            _packed = new float[length];
        return _packed.AsSpan(0, length);
    }
}
