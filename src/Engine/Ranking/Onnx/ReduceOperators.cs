using System.Numerics.Tensors;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Sum, mean or maximum over some axes.</summary>
internal sealed class ReduceOperator(string name, NodeAttributes attributes) : OnnxOperator
{
    private readonly long[]? _axes = attributes.Ints("axes");
    private readonly bool _keeps = attributes.Int("keepdims", 1) != 0;
    private readonly bool _noneIsNone = attributes.Int("noop_with_empty_axes", 0) != 0;

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        var axes = _axes is not null ? _axes : Optional(inputs, 1) is { } given ? given.Ints : default;
        Span<bool> reduced = stackalloc bool[OnnxTensor.MaxRank];
        reduced.Fill(axes.IsEmpty && !_noneIsNone);
        foreach (var axis in axes)
            reduced[x.Axis(axis)] = true;
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        Span<int> steps = stackalloc int[OnnxTensor.MaxRank];
        var (rank, divisor, step) = (0, 1, 1);
        for (var d = 0; d < x.Rank; d++)
        {
            divisor *= reduced[d] ? x.Dims[d] : 1;
            if (!reduced[d])
                dims[rank++] = x.Dims[d];
            else if (_keeps)
                dims[rank++] = 1;
        }

        for (var d = x.Rank - 1; d >= 0; d--)
        {
            steps[d] = reduced[d] ? 0 : step;
            step *= reduced[d] ? 1 : x.Dims[d];
        }

        y.Reset(x.IsFloat, dims[..rank]);
        Reduce(x, y, steps);
        if (name == "ReduceMean")
            TensorPrimitives.Divide(y.Floats, Math.Max(1, divisor), y.Floats);
    }

    private void Reduce(OnnxTensor x, OnnxTensor y, ReadOnlySpan<int> steps)
    {
        var max = name == "ReduceMax";
        if (y.IsFloat)
            y.Floats.Fill(max ? float.NegativeInfinity : 0);
        else
            y.Ints.Fill(max ? long.MinValue : 0);
        Span<int> at = stackalloc int[OnnxTensor.MaxRank];
        at.Clear();
        var to = 0;
        for (var i = 0; i < x.Count; i++)
        {
            if (y.IsFloat)
                y.Floats[to] = max ? MathF.Max(y.Floats[to], x.Floats[i]) : y.Floats[to] + x.Floats[i];
            else
                y.Ints[to] = max ? Math.Max(y.Ints[to], x.Ints[i]) : y.Ints[to] + x.Ints[i];
            for (var d = x.Rank - 1; d >= 0; d--)
            {
                to += steps[d];
                if (++at[d] < x.Dims[d])
                    break;
                at[d] = 0;
                to -= steps[d] * x.Dims[d];
            }
        }
    }
}

internal sealed class ArgMaxOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", 0);
    private readonly bool _keeps = attributes.Int("keepdims", 1) != 0;
    private readonly bool _last = attributes.Int("select_last_index", 0) != 0;

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        var axis = x.Axis(_axis);
        var (size, outer, inner) = (x.Dims[axis], ConcatOperator.Product(x.Dims[..axis]), ConcatOperator.Product(x.Dims[(axis + 1)..]));
        if (size == 0)
            throw new InvalidDataException("ONNX: ArgMax of nothing.");
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        var rank = 0;
        for (var d = 0; d < x.Rank; d++)
        {
            if (d != axis)
                dims[rank++] = x.Dims[d];
            else if (_keeps)
                dims[rank++] = 1;
        }

        y.Reset(isFloat: false, dims[..rank]);
        for (var o = 0; o < outer; o++)
        {
            for (var i = 0; i < inner; i++)
            {
                var best = 0;
                for (var k = 1; k < size; k++)
                {
                    var (a, b) = (x.Floats[(o * size + k) * inner + i], x.Floats[(o * size + best) * inner + i]);
                    if (a > b || _last && a == b)
                        best = k;
                }

                y.Ints[o * inner + i] = best;
            }
        }
    }
}

internal sealed class SoftmaxOperator(NodeAttributes attributes, int opset) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", opset < 13 ? 1 : -1);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        var axis = x.Axis(_axis);
        // Before opset 13 everything from the axis on is one row.
        var width = ConcatOperator.Product(opset < 13 ? x.Dims[axis..] : x.Dims.Slice(axis, 1));
        if (opset >= 13 && axis != x.Rank - 1)
            throw new InvalidDataException("ONNX: ai.onnx.Softmax on another axis than the last is not supported.");
        y.Reset(isFloat: true, x.Dims);
        for (var at = 0; at < x.Count; at += width)
            TensorPrimitives.SoftMax(x.Floats.Slice(at, width), y.Floats[at..]);
    }
}
