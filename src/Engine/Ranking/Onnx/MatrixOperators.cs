using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Recs.Engine.Ranking.Deep;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Packs matrices for the product: those of the file once, others at every run.</summary>
internal sealed class MatrixPacker
{
    // By run, since constants are copied per run; collected with it.
    private readonly ConditionalWeakTable<OnnxTensor, float[]> _packed = [];

    [ThreadStatic]
    private static float[]? _scratch;

    public ReadOnlySpan<float> Pack(OnnxTensor b, int rowStride, int columnStride, int k, int n)
    {
        if (b.Constant is not null && _packed.TryGetValue(b, out var kept))
            return kept;
        var length = Gemm.PackedLength(k, n);
        float[] packed;
        if (b.Constant is not null)
            _packed.Add(b, packed = new float[length]);
        else if (_scratch is null || _scratch.Length < length)
            packed = _scratch = new float[length];
        else
            packed = _scratch;
        Gemm.Pack(b.Floats, rowStride, columnStride, k, n, packed);
        return packed;
    }
}

/// <summary>A times B, B of two dimensions; or of one, a column.</summary>
internal sealed class MatMulOperator : OnnxOperator
{
    private readonly MatrixPacker _packer = new();

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (a, b, c) = (In(inputs, 0), In(inputs, 1), In(outputs, 0));
        if (b.Rank is not (1 or 2) || a.Rank < 1 || a.Dim(-1) != b.Dims[0])
            throw new InvalidDataException($"ONNX: ai.onnx.MatMul of {a.Rank} by {b.Rank} dimensions, or of unlike sizes, is not supported.");
        var (k, n) = (b.Dims[0], b.Rank == 2 ? b.Dims[1] : 1);
        var m = k == 0 ? 0 : a.Count / k;
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        a.Dims.CopyTo(dims);
        dims[a.Rank - 1] = n;
        c.Reset(isFloat: true, dims[..(b.Rank == 2 ? a.Rank : a.Rank - 1)]);
        if (m > 0)
            Gemm.Multiply(a.Floats, k, 1, m, k, _packer.Pack(b, n, 1, k, n), n, c.Floats, n, add: false);
        else
            c.Floats.Clear();
    }
}

/// <summary>alpha A B + beta C, either factor transposed on demand.</summary>
internal sealed class GemmOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly MatrixPacker _packer = new();
    private readonly float _alpha = attributes.Float("alpha", 1), _beta = attributes.Float("beta", 1);
    private readonly bool _transA = attributes.Int("transA", 0) != 0, _transB = attributes.Int("transB", 0) != 0;

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (a, b, y) = (In(inputs, 0), In(inputs, 1), In(outputs, 0));
        if (a.Rank != 2 || b.Rank != 2)
            throw new InvalidDataException($"ONNX: Gemm of {a.Rank} by {b.Rank} dimensions.");
        var (m, k) = _transA ? (a.Dims[1], a.Dims[0]) : (a.Dims[0], a.Dims[1]);
        var (kb, n) = _transB ? (b.Dims[1], b.Dims[0]) : (b.Dims[0], b.Dims[1]);
        if (k != kb)
            throw new InvalidDataException($"ONNX: Gemm of {k} columns by {kb} rows.");
        y.Reset(isFloat: true, [m, n]);
        y.Floats.Clear();
        if (m > 0 && n > 0 && k > 0)
        {
            Gemm.Multiply(a.Floats, _transA ? 1 : k, _transA ? m : 1, m, k,
                _packer.Pack(b, _transB ? 1 : n, _transB ? k : 1, k, n), n, y.Floats, n, add: false);
        }

        if (_alpha != 1)
            TensorPrimitives.Multiply(y.Floats, _alpha, y.Floats);
        if (Optional(inputs, 2) is not { } c || n == 0)
            return;
        if (c.Count != 1 && c.Count != n && c.Count != m * n && !(c.Count == m && c.Rank == 2))
            throw new InvalidDataException($"ONNX: Gemm adds {c.Count} numbers to {m} x {n}.");
        for (var i = 0; i < m; i++)
        {
            var row = y.Floats.Slice(i * n, n);
            if (c.Count == m * n)
                TensorPrimitives.MultiplyAdd(c.Floats.Slice(i * n, n), _beta, row, row);
            else if (c.Count == n && c.Dim(-1) == n)
                TensorPrimitives.MultiplyAdd(c.Floats, _beta, row, row);
            else
                TensorPrimitives.Add(row, _beta * c.Floats[c.Count == 1 ? 0 : i], row);
        }
    }
}
