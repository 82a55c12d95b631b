using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Recs.Training.NextItem;

/// <summary>
/// One pass of some histories through the encoder and back: pre-norm blocks of causal self-attention and a two-layer
/// network (Vaswani et al. 2017; Kang and McAuley 2018, SASRec). Histories lie one after the other as tokens; attention
/// stays within each. Holds its activations, so that <see cref="Backward"/> follows <see cref="Forward"/>. Not thread-safe.
/// </summary>
internal sealed unsafe class EncoderPass
{
    private const float Epsilon = 1e-5f;

    // Rows of attention made at a time.
    private const int RowBlock = 32;

    private readonly EncoderLayout _layout;
    private readonly int _d, _heads, _length;
    private readonly Activations[] _layers;
    private readonly float[] _work1, _work2, _work3, _scores, _transposed, _embeddingMask, _finalNormal, _finalScale, _row;
    private readonly float[] _output;
    private readonly List<(int Start, int Length)> _runs = [];
    private int[] _items = [];
    private int _tokens;
    private ulong _state;

    public EncoderPass(NextItemOptions options, int maxTokens)
    {
        _layout = new EncoderLayout(options);
        (_d, _heads, _length) = (options.Dimension, options.Heads, options.MaxLength);
        var padded = DenseKernel.Padded(options.MaxLength);
        var weights = options.Heads * padded * (maxTokens + 1);
        _layers = [.. Enumerable.Range(0, options.Layers + 1).Select(_ => new Activations(maxTokens, _d, weights))];
        (_work1, _work2, _work3) = (new float[maxTokens * _d], new float[maxTokens * _d], new float[maxTokens * _d]);
        (_embeddingMask, _output) = (new float[maxTokens * _d], new float[maxTokens * _d]);
        (_finalNormal, _finalScale) = (new float[maxTokens * _d], new float[maxTokens]);
        _row = new float[_d];
        _scores = new float[padded * padded];
        _transposed = new float[Math.Max(padded, _d) * Math.Max(padded, _d)];
    }

    /// <summary>Tokens x dimension: what each token expects next; valid until the next pass.</summary>
    public ReadOnlySpan<float> Output => _output.AsSpan(0, _tokens * _d);

    /// <param name="weights">As the layout says.</param>
    /// <param name="embeddings">Items x dimension.</param>
    /// <param name="items">Tokens.</param>
    /// <param name="lengths">Of each history; they add up to the tokens.</param>
    /// <param name="dropout">Share left out; 0 when scoring.</param>
    /// <param name="seed">Of what is left out.</param>
    public void Forward(float[] weights, float[] embeddings, int[] items, ReadOnlySpan<int> lengths, float dropout, ulong seed)
    {
        (_items, _tokens, _state) = (items, items.Length, seed * 0x9E3779B97F4A7C15 + 1);
        _runs.Clear();
        var start = 0;
        foreach (var length in lengths)
        {
            _runs.Add((start, length));
            start += length;
        }

        var input = _layers[0].Input;
        Mask(_embeddingMask, dropout);
        foreach (var (first, length) in _runs)
        {
            for (var t = 0; t < length; t++)
            {
                // Positions count from the start: one of them always has as many items before it.
                var row = input.AsSpan((first + t) * _d, _d);
                TensorPrimitives.AddMultiply(
                    embeddings.AsSpan(items[first + t] * _d, _d), weights.AsSpan(_layout.Positions + t * _d, _d),
                    _embeddingMask.AsSpan((first + t) * _d, _d), row);
            }
        }

        fixed (float* w = weights)
        {
            for (var l = 0; l < _layout.Layers.Length; l++)
                Block(w, _layout.Layers[l], _layers[l], _layers[l + 1].Input, dropout);
            Normalise(_layers[^1].Input, _finalNormal, _finalScale, w + _layout.FinalGain, w + _layout.FinalBias, _output);
        }
    }

    /// <summary>Adds the gradients of a loss, given its gradient by the output; the output's gradient is used up.</summary>
    /// <param name="weights">As in the forward pass.</param>
    /// <param name="outputGradient">Tokens x dimension.</param>
    /// <param name="weightGradients">Added to.</param>
    /// <param name="embeddingGradient">Called with each token's item and its gradient.</param>
    public void Backward(float[] weights, float[] outputGradient, float[] weightGradients, Action<int, ReadOnlySpan<float>> embeddingGradient)
    {
        var gradient = _work1;
        fixed (float* w = weights, g = weightGradients)
        {
            Array.Clear(gradient, 0, _tokens * _d);
            NormaliseBack(outputGradient, _finalNormal, _finalScale, w + _layout.FinalGain, g + _layout.FinalGain, g + _layout.FinalBias, gradient);
            for (var l = _layout.Layers.Length - 1; l >= 0; l--)
                BlockBack(w, g, _layout.Layers[l], _layers[l], gradient, outputGradient);
        }

        TensorPrimitives.Multiply(gradient.AsSpan(0, _tokens * _d), _embeddingMask.AsSpan(0, _tokens * _d), gradient);
        foreach (var (first, length) in _runs)
        {
            for (var t = 0; t < length; t++)
            {
                var token = gradient.AsSpan((first + t) * _d, _d);
                var position = weightGradients.AsSpan(_layout.Positions + t * _d, _d);
                TensorPrimitives.Add(position, token, position);
                embeddingGradient(_items[first + t], token);
            }
        }
    }

    private void Block(float* w, EncoderLayout.Layer layer, Activations a, float[] output, float dropout)
    {
        var size = _tokens * _d;
        Normalise(a.Input, a.Normal1, a.Scale1, w + layer.Gain1, w + layer.Bias1, a.Normed1);
        fixed (float* normed = a.Normed1, q = a.Query, k = a.Key, v = a.Value, mixed = a.Mixed, x = _work2)
        {
            Times(normed, w + layer.Query, q, add: false);
            Times(normed, w + layer.Key, k, add: false);
            Times(normed, w + layer.Value, v, add: false);
            var at = 0;
            foreach (var (start, length) in _runs)
                at += Attend(q + start * _d, k + start * _d, v + start * _d, mixed + start * _d, w + layer.Distance, a.Attention, at, length);
            Times(mixed, w + layer.Output, x, add: false);
        }

        Mask(a.Mask1, dropout);
        MultiplyAdd(_work2, a.Mask1, a.Input, a.Middle);
        Normalise(a.Middle, a.Normal2, a.Scale2, w + layer.Gain2, w + layer.Bias2, a.Normed2);
        fixed (float* normed = a.Normed2, inner = a.Inner, x = _work2)
        {
            Times(normed, w + layer.Inner, inner, add: false);
            AddBias(a.Inner, w + layer.InnerBias);
            TensorPrimitives.Max(a.Inner.AsSpan(0, size), 0f, a.Inner.AsSpan(0, size));
            Times(inner, w + layer.Outer, x, add: false);
        }

        AddBias(_work2, w + layer.OuterBias);
        Mask(a.Mask2, dropout);
        MultiplyAdd(_work2, a.Mask2, a.Middle, output);
    }

    /// <summary>Turns the gradient of a block's output into that of its input, in place.</summary>
    private void BlockBack(float* w, float* g, EncoderLayout.Layer layer, Activations a, float[] gradient, float[] scratch)
    {
        var size = _tokens * _d;
        TensorPrimitives.Multiply(gradient.AsSpan(0, size), a.Mask2.AsSpan(0, size), scratch);
        fixed (float* s = scratch, inner = a.Inner, normed = a.Normed2, x = _work2)
        {
            AddRows(s, g + layer.OuterBias);
            WeightBack(inner, s, g + layer.Outer);
            TimesTransposed(s, w + layer.Outer, x, add: false);
            // Both in sixteens: a dimension is a multiple of 16.
            for (var i = 0; i < size; i += Vector512<float>.Count)
                (Vector512.Load(x + i) & Vector512.GreaterThan(Vector512.Load(inner + i), Vector512<float>.Zero)).Store(x + i);
            AddRows(x, g + layer.InnerBias);
            WeightBack(normed, x, g + layer.Inner);
            TimesTransposed(x, w + layer.Inner, s, add: false);
        }

        NormaliseBack(scratch, a.Normal2, a.Scale2, w + layer.Gain2, g + layer.Gain2, g + layer.Bias2, gradient);
        TensorPrimitives.Multiply(gradient.AsSpan(0, size), a.Mask1.AsSpan(0, size), scratch);
        fixed (float* s = scratch, mixed = a.Mixed, dm = _work2, dq = _work3, q = a.Query, k = a.Key, v = a.Value, normed = a.Normed1)
        {
            WeightBack(mixed, s, g + layer.Output);
            TimesTransposed(s, w + layer.Output, dm, add: false);
            var at = 0;
            // The gradients of keys and values take the place of what is no longer needed: mixed, then the query's of q.
            foreach (var (start, length) in _runs)
            {
                at += AttendBack(
                    q + start * _d, k + start * _d, v + start * _d, dm + start * _d, g + layer.Distance, a.Attention, at, length,
                    dq + start * _d, mixed + start * _d, s + start * _d);
            }

            WeightBack(normed, dq, g + layer.Query);
            WeightBack(normed, mixed, g + layer.Key);
            WeightBack(normed, s, g + layer.Value);
            TimesTransposed(dq, w + layer.Query, dm, add: false);
            TimesTransposed(mixed, w + layer.Key, dm, add: true);
            TimesTransposed(s, w + layer.Value, dm, add: true);
        }

        NormaliseBack(_work2, a.Normal1, a.Scale1, w + layer.Gain1, g + layer.Gain1, g + layer.Bias1, gradient);
    }

    /// <summary>Attention of one history; its weights are kept from <paramref name="at"/> on. Returns how many.</summary>
    private int Attend(float* q, float* k, float* v, float* mixed, float* distances, float[] kept, int at, int length)
    {
        var (width, padded) = (_d / _heads, DenseKernel.Padded(length));
        var scale = 1 / MathF.Sqrt(width);
        fixed (float* all = kept, kt = _transposed)
        {
            for (var h = 0; h < _heads; h++)
            {
                var p = all + at + h * length * padded;
                DenseKernel.Transpose(k + h * width, _d, kt, padded, length, width);
                for (var first = 0; first < length; first += RowBlock)
                {
                    // No row asks for a column past its own.
                    var rows = Math.Min(RowBlock, length - first);
                    var own = p + first * padded;
                    var reach = DenseKernel.Padded(first + rows);
                    DenseKernel.Multiply(q + first * _d + h * width, _d, 1, kt, padded, own, padded, rows, width, reach, add: false);
                    for (var i = 0; i < rows; i++)
                        Softmax(own + i * padded, first + i + 1, padded, scale, distances + h * _length + _length - 1 - first - i);
                    DenseKernel.Multiply(
                        own, padded, 1, v + h * width, _d, mixed + first * _d + h * width, _d, rows, first + rows, width, add: false);
                }
            }
        }

        return _heads * length * padded;
    }

    private int AttendBack(
        float* q, float* k, float* v, float* dm, float* distanceGradient, float[] kept, int at, int length, float* dq, float* dk, float* dv)
    {
        var (width, padded) = (_d / _heads, DenseKernel.Padded(length));
        var scale = 1 / MathF.Sqrt(width);
        fixed (float* all = kept, vt = _transposed, ds = _scores)
        {
            for (var h = 0; h < _heads; h++)
            {
                var p = all + at + h * length * padded;
                var column = h * width;
                DenseKernel.Multiply(p, 1, padded, dm + column, _d, dv + column, _d, length, length, width, add: false);
                DenseKernel.Transpose(v + column, _d, vt, padded, length, width);
                for (var first = 0; first < length; first += RowBlock)
                {
                    var rows = Math.Min(RowBlock, length - first);
                    var own = ds + first * padded;
                    DenseKernel.Multiply(
                        dm + first * _d + column, _d, 1, vt, padded, own, padded, rows, width, DenseKernel.Padded(first + rows), add: false);
                    for (var i = first; i < first + rows; i++)
                    {
                        var weights = new ReadOnlySpan<float>(p + i * padded, i + 1);
                        var row = new Span<float>(ds + i * padded, i + 1);
                        TensorPrimitives.Subtract(row, TensorPrimitives.Dot(weights, row), row);
                        TensorPrimitives.Multiply(row, weights, row);
                        var distances = new Span<float>(distanceGradient + h * _length + _length - 1 - i, i + 1);
                        TensorPrimitives.Add(distances, row, distances);
                        TensorPrimitives.Multiply(row, scale, row);
                        new Span<float>(ds + i * padded + i + 1, padded - i - 1).Clear();
                    }

                    DenseKernel.Multiply(own, padded, 1, k + column, _d, dq + first * _d + column, _d, rows, first + rows, width, add: false);
                }

                DenseKernel.Multiply(ds, 1, padded, q + column, _d, dk + column, _d, length, length, width, add: false);
            }
        }

        return _heads * length * padded;
    }

    private static void Softmax(float* row, int count, int padded, float scale, float* distances)
    {
        var span = new Span<float>(row, count);
        TensorPrimitives.MultiplyAdd(span, scale, new ReadOnlySpan<float>(distances, count), span);
        TensorPrimitives.Subtract(span, TensorPrimitives.Max<float>(span), span);
        TensorPrimitives.Exp(span, span);
        TensorPrimitives.Divide(span, TensorPrimitives.Sum<float>(span), span);
        new Span<float>(row + count, padded - count).Clear();
    }

    private void Normalise(float[] input, float[] normal, float[] scales, float* gain, float* bias, float[] output)
    {
        var gains = new ReadOnlySpan<float>(gain, _d);
        var biases = new ReadOnlySpan<float>(bias, _d);
        for (var t = 0; t < _tokens; t++)
        {
            var from = input.AsSpan(t * _d, _d);
            var row = normal.AsSpan(t * _d, _d);
            TensorPrimitives.Subtract(from, TensorPrimitives.Sum<float>(from) / _d, row);
            var scale = scales[t] = 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(row) / _d + Epsilon);
            TensorPrimitives.Multiply(row, scale, row);
            TensorPrimitives.MultiplyAdd(row, gains, biases, output.AsSpan(t * _d, _d));
        }
    }

    /// <summary>Adds the input's gradient to <paramref name="into"/>.</summary>
    private void NormaliseBack(float[] gradient, float[] normal, float[] scales, float* gain, float* gainGradient, float* biasGradient, float[] into)
    {
        var gains = new ReadOnlySpan<float>(gain, _d);
        var ofGain = new Span<float>(gainGradient, _d);
        var ofBias = new Span<float>(biasGradient, _d);
        var scaled = _row.AsSpan(0, _d);
        for (var t = 0; t < _tokens; t++)
        {
            var own = gradient.AsSpan(t * _d, _d);
            var row = normal.AsSpan(t * _d, _d);
            var to = into.AsSpan(t * _d, _d);
            TensorPrimitives.MultiplyAdd(own, row, ofGain, ofGain);
            TensorPrimitives.Add(ofBias, own, ofBias);
            TensorPrimitives.Multiply(own, gains, scaled);
            var (mean, along) = (TensorPrimitives.Sum<float>(scaled) / _d, TensorPrimitives.Dot<float>(scaled, row) / _d);
            TensorPrimitives.MultiplyAdd(row, -along, scaled, scaled);
            TensorPrimitives.Subtract(scaled, mean, scaled);
            TensorPrimitives.MultiplyAdd(scaled, scales[t], to, to);
        }
    }

    private void MultiplyAdd(float[] x, float[] y, float[] add, float[] to)
    {
        var size = _tokens * _d;
        TensorPrimitives.MultiplyAdd(x.AsSpan(0, size), y.AsSpan(0, size), add.AsSpan(0, size), to);
    }

    private void AddBias(float[] rows, float* bias)
    {
        for (var t = 0; t < _tokens; t++)
        {
            var row = rows.AsSpan(t * _d, _d);
            TensorPrimitives.Add(row, new ReadOnlySpan<float>(bias, _d), row);
        }
    }

    private void Times(float* x, float* weight, float* y, bool add) =>
        DenseKernel.Multiply(x, _d, 1, weight, _d, y, _d, _tokens, _d, _d, add);

    private void TimesTransposed(float* x, float* weight, float* y, bool add)
    {
        fixed (float* t = _transposed)
        {
            DenseKernel.Transpose(weight, _d, t, _d, _d, _d);
            DenseKernel.Multiply(x, _d, 1, t, _d, y, _d, _tokens, _d, _d, add);
        }
    }

    private void WeightBack(float* x, float* gradient, float* into) =>
        DenseKernel.Multiply(x, 1, _d, gradient, _d, into, _d, _d, _tokens, _d, add: true);

    private void AddRows(float* rows, float* into)
    {
        var sum = new Span<float>(into, _d);
        for (var t = 0; t < _tokens; t++)
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(rows + t * _d, _d), sum);
    }

    private void Mask(float[] mask, float dropout)
    {
        var size = _tokens * _d;
        if (dropout <= 0)
        {
            mask.AsSpan(0, size).Fill(1);
            return;
        }

        // Four values of 16 bits from each draw of xorshift64*, the lowest first; a dimension is a multiple of 16.
        var threshold = (uint)(dropout * (1 << 16));
        var kept = 1 / (1 - threshold / (float)(1 << 16));
        var state = _state;
        Span<ulong> draws = stackalloc ulong[8];
        fixed (float* to = mask)
        {
            for (var i = 0; i < size; i += 4 * draws.Length)
            {
                var count = Math.Min(draws.Length, (size - i) / 4);
                foreach (ref var draw in draws[..count])
                {
                    state ^= state >> 12;
                    state ^= state << 25;
                    state ^= state >> 27;
                    draw = state * 0x2545F4914F6CDD1D;
                }

                var (low, high) = Vector512.Widen(Vector512.Create<ulong>(draws).AsUInt16());
                Put(low, to + i);
                if (count == draws.Length)
                    Put(high, to + i + 16);
            }
        }

        _state = state;

        void Put(Vector512<uint> values, float* at) =>
            (Vector512.GreaterThanOrEqual(values, Vector512.Create(threshold)).AsSingle() & Vector512.Create(kept)).Store(at);
    }

    private sealed class Activations(int tokens, int d, int attention)
    {
        public float[] Input { get; } = new float[tokens * d];

        public float[] Normal1 { get; } = new float[tokens * d];

        public float[] Scale1 { get; } = new float[tokens];

        public float[] Normed1 { get; } = new float[tokens * d];

        public float[] Query { get; } = new float[tokens * d];

        public float[] Key { get; } = new float[tokens * d];

        public float[] Value { get; } = new float[tokens * d];

        public float[] Attention { get; } = new float[attention];

        public float[] Mixed { get; } = new float[tokens * d];

        public float[] Mask1 { get; } = new float[tokens * d];

        public float[] Middle { get; } = new float[tokens * d];

        public float[] Normal2 { get; } = new float[tokens * d];

        public float[] Scale2 { get; } = new float[tokens];

        public float[] Normed2 { get; } = new float[tokens * d];

        public float[] Inner { get; } = new float[tokens * d];

        public float[] Mask2 { get; } = new float[tokens * d];
    }
}
