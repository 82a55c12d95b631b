using System.Numerics.Tensors;

namespace Recs.Engine.Ranking.Deep;

/// <summary>
/// Scores pages with a network. Weights are packed once; rows pass through all layers in blocks that stay in the second
/// cache; what the first layers make of inputs that the whole page shares is computed once a page. Immutable and
/// thread-safe; scratch is kept by thread.
/// </summary>
public sealed class DcnScorer
{
    private const int Block = 64;

    [ThreadStatic]
    private static float[]? _scratch;

    private readonly DcnNetwork _network;
    private readonly DcnShape _shape;
    private readonly Dense[] _deep;
    private readonly Cross[] _cross;
    private readonly int _d;
    private readonly int _widest;

    public DcnScorer(DcnNetwork network)
    {
        _network = network;
        _shape = network.Shape;
        _d = _shape.Inputs;
        _widest = Math.Max(_d, _shape.Deep.DefaultIfEmpty(0).Max());
        _widest = Math.Max(_widest, _shape.Rank * _shape.Experts);
        _cross = [.. network.Layout.Cross.Select((layer, l) => new Cross(network, layer, l == 0 ? _shape.Shared : 0))];
        _deep = [.. network.Layout.Deep.Select((layer, l) => new Dense(network, layer, l == 0 && !_shape.Stacked ? _shape.Shared : 0))];
    }

    private int ScratchLength => Block * (2 * _d + 3 * _widest + 64) + 2 * _widest;

    /// <summary>Log-odds of <paramref name="count"/> rows of the network's width, row-major.</summary>
    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        if (_scratch is null || _scratch.Length < ScratchLength)
            _scratch = new float[ScratchLength];
        var buffers = new Buffers(_scratch, _d, _widest);
        var shared = count > 1 && _shape.Shared > 0 && IsShared(rows, count);
        if (shared)
        {
            // The user's half of the first layers, once for the page.
            _network.FillInputs(rows[.._shape.Width], buffers.X0[.._d]);
            if (_cross is [{ Weight.Prefix: { } crossPrefix }, ..])
                Gemm.MultiplyFrom(buffers.X0, _d, 1, _shape.Shared, crossPrefix, _d, _cross[0].Bias, buffers.CrossShared, _d);
            if (_deep is [{ Weight.Prefix: { } deepPrefix }, ..])
                Gemm.MultiplyFrom(buffers.X0, _d, 1, _shape.Shared, deepPrefix, _shape.Deep[0], _deep[0].Bias, buffers.DeepShared, _shape.Deep[0]);
        }

        for (var start = 0; start < count; start += Block)
        {
            var n = Math.Min(Block, count - start);
            for (var r = 0; r < n; r++)
                _network.FillInputs(rows.Slice((start + r) * _shape.Width, _shape.Width), buffers.X0[(r * _d)..]);
            ScoreBlock(buffers, n, shared, scores.Slice(start, n));
        }
    }

    private bool IsShared(ReadOnlySpan<float> rows, int count)
    {
        for (var i = 0; i < _shape.Shared; i++)
        {
            var column = _shape.Numeric[i];
            var first = BitConverter.SingleToInt32Bits(rows[column]);
            for (var (r, at) = (1, column + _shape.Width); r < count; r++, at += _shape.Width)
            {
                if (BitConverter.SingleToInt32Bits(rows[at]) != first)
                    return false;
            }
        }

        return true;
    }

    private void ScoreBlock(Buffers b, int n, bool shared, Span<float> scores)
    {
        var crossed = b.X0;
        for (var l = 0; l < _cross.Length; l++)
        {
            _cross[l].Apply(b, crossed, n, _d, shared && l == 0);
            crossed = b.X;
        }

        var output = _network.Of(_network.Layout.Output.Weight);
        var bias = _network.Of(_network.Layout.Output.Bias)[0];
        var input = _shape.Stacked ? crossed : b.X0;
        var width = _d;
        for (var l = 0; l < _deep.Length; l++)
        {
            var into = l % 2 == 0 ? b.S : b.T;
            var units = _shape.Deep[l];
            _deep[l].Weight.Multiply(input, width, n, into, units, _deep[l].Bias, shared && l == 0 ? b.DeepShared : default);
            TensorPrimitives.Max(into[..(n * units)], 0, into);
            input = into;
            width = units;
        }

        // Parallel: the cross part first, the deep part behind it.
        var cross = _shape.Stacked && _deep.Length > 0 ? 0 : _d;
        for (var r = 0; r < n; r++)
        {
            var score = bias;
            if (cross > 0)
                score += TensorPrimitives.Dot(crossed.Slice(r * _d, _d), output[.._d]);
            if (_deep.Length > 0)
                score += TensorPrimitives.Dot(input.Slice(r * width, width), output[cross..]);
            scores[r] = score;
        }
    }

    private readonly ref struct Buffers
    {
        public Buffers(float[] scratch, int d, int widest)
        {
            var at = 0;
            X0 = Take(scratch, ref at, Block * d);
            X = Take(scratch, ref at, Block * d);
            S = Take(scratch, ref at, Block * widest);
            T = Take(scratch, ref at, Block * widest);
            H = Take(scratch, ref at, Block * widest);
            Gates = Take(scratch, ref at, Block * 64);
            CrossShared = Take(scratch, ref at, widest);
            DeepShared = Take(scratch, ref at, widest);
        }

        public readonly Span<float> X0, X, S, T, H, Gates, CrossShared, DeepShared;

        private static Span<float> Take(float[] scratch, scoped ref int at, int length)
        {
            at += length;
            return scratch.AsSpan(at - length, length);
        }
    }

    /// <summary>A packed matrix; also in two parts where its first inputs may be shared.</summary>
    private sealed class Packed
    {
        private readonly float[] _whole;
        private readonly float[]? _rest;
        private readonly int _shared;

        public Packed(DcnNetwork network, DcnMatrix matrix, int shared)
        {
            var values = network.Of(matrix);
            (Inputs, Columns, _shared) = (matrix.Rows, matrix.Columns, shared);
            _whole = Pack(values, matrix.Rows);
            if (shared > 0)
            {
                Prefix = Pack(values, shared);
                _rest = Pack(values[(shared * Columns)..], matrix.Rows - shared);
            }
        }

        public int Inputs { get; }

        public int Columns { get; }

        public float[]? Prefix { get; }

        /// <param name="x">Rows, <paramref name="stride"/> apart.</param>
        /// <param name="stride">Between rows.</param>
        /// <param name="n">How many.</param>
        /// <param name="into">Products.</param>
        /// <param name="intoStride">Between their rows.</param>
        /// <param name="start">Added to every product: the bias; empty for none.</param>
        /// <param name="shared">The start with what the shared inputs make of it; empty where they are not shared.</param>
        public void Multiply(
            ReadOnlySpan<float> x, int stride, int n, Span<float> into, int intoStride, ReadOnlySpan<float> start, ReadOnlySpan<float> shared)
        {
            if (!shared.IsEmpty)
                Gemm.MultiplyFrom(x[_shared..], stride, n, Inputs - _shared, _rest, Columns, shared, into, intoStride);
            else if (!start.IsEmpty)
                Gemm.MultiplyFrom(x, stride, n, Inputs, _whole, Columns, start, into, intoStride);
            else
                Gemm.Multiply(x, stride, 1, n, Inputs, _whole, Columns, into, intoStride, add: false);
        }

        private float[] Pack(ReadOnlySpan<float> values, int rows)
        {
            var packed = new float[Gemm.PackedLength(rows, Columns)];
            Gemm.Pack(values, Columns, 1, rows, Columns, packed);
            return packed;
        }
    }

    private sealed class Dense(DcnNetwork network, DcnDense layer, int shared)
    {
        public Packed Weight { get; } = new(network, layer.Weight, shared);

        public float[] Bias { get; } = network.Of(layer.Bias).ToArray();
    }

    private sealed class Cross(DcnNetwork network, DcnCross layer, int shared)
    {
        private readonly Packed? _gate = layer.Gate is null ? null : new Packed(network, layer.Gate, 0);
        private readonly Packed? _v = layer.V is null ? null : new Packed(network, layer.V, 0);
        private readonly Packed[] _c = [.. layer.C.Select(c => new Packed(network, c, 0))];
        private readonly Packed? _u = layer.U is null ? null : new Packed(network, layer.U, 0);

        public float[] Bias { get; } = network.Of(layer.Bias).ToArray();

        public Packed? Weight { get; } = layer.Weight is null ? null : new Packed(network, layer.Weight, shared);

        /// <summary>X = X0 * (W x + b) + x, x being X0 before the first layer and X after it.</summary>
        public void Apply(Buffers b, ReadOnlySpan<float> x, int n, int d, bool isShared)
        {
            if (Weight is not null)
                Weight.Multiply(x, d, n, b.S, d, Bias, isShared ? b.CrossShared : default);
            else
                Mixture(b, x, n, d);
            TensorPrimitives.MultiplyAdd(b.X0[..(n * d)], b.S[..(n * d)], x[..(n * d)], b.X);
        }

        private void Mixture(Buffers b, ReadOnlySpan<float> x, int n, int d)
        {
            var (experts, width) = (_c.Length, _v!.Columns);
            var rank = width / experts;
            _v.Multiply(x, d, n, b.T, width, default, default);
            _gate!.Multiply(x, d, n, b.Gates, experts, default, default);
            TensorPrimitives.Tanh(b.T[..(n * width)], b.T);
            for (var e = 0; e < experts; e++)
                _c[e].Multiply(b.T[(e * rank)..], width, n, b.H[(e * rank)..], width, default, default);
            TensorPrimitives.Tanh(b.H[..(n * width)], b.H);
            for (var r = 0; r < n; r++)
            {
                var gates = b.Gates.Slice(r * experts, experts);
                TensorPrimitives.SoftMax(gates, gates);
                for (var e = 0; e < experts; e++)
                {
                    var h = b.H.Slice(r * width + e * rank, rank);
                    TensorPrimitives.Multiply(h, gates[e], h);
                }
            }

            _u!.Multiply(b.H, width, n, b.S, d, Bias, default);
        }
    }
}
