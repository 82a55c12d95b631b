namespace Recs.Engine.Ranking.Onnx;

internal sealed class ConcatOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", 0);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (first, y) = (In(inputs, 0), In(outputs, 0));
        var axis = first.Axis(_axis);
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        first.Dims.CopyTo(dims);
        for (var i = 1; i < inputs.Length; i++)
        {
            var x = In(inputs, i);
            if (x.Rank != first.Rank || x.IsFloat != first.IsFloat)
                throw new InvalidDataException("ONNX: Concat of unlike tensors.");
            for (var d = 0; d < x.Rank; d++)
            {
                if (d != axis && x.Dims[d] != first.Dims[d])
                    throw new InvalidDataException($"ONNX: Concat of sizes {first.Dims[d]} and {x.Dims[d]} on another axis.");
            }

            dims[axis] = checked(dims[axis] + x.Dims[axis]);
        }

        y.Reset(first.IsFloat, dims[..first.Rank]);
        var (outer, at) = (Product(first.Dims[..axis]), 0);
        for (var o = 0; o < outer; o++)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var x = In(inputs, i);
                var run = x.Count / Math.Max(1, outer);
                if (x.IsFloat)
                    x.Floats.Slice(o * run, run).CopyTo(y.Floats[at..]);
                else
                    x.Ints.Slice(o * run, run).CopyTo(y.Ints[at..]);
                at += run;
            }
        }
    }

    public static int Product(ReadOnlySpan<int> dims)
    {
        var product = 1;
        foreach (var dim in dims)
            product *= dim;
        return product;
    }
}

internal sealed class GatherOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", 0);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (data, indices, y) = (In(inputs, 0), In(inputs, 1), In(outputs, 0));
        var axis = data.Axis(_axis);
        var size = data.Dims[axis];
        Span<int> dims = stackalloc int[3 * OnnxTensor.MaxRank];
        data.Dims[..axis].CopyTo(dims);
        indices.Dims.CopyTo(dims[axis..]);
        data.Dims[(axis + 1)..].CopyTo(dims[(axis + indices.Rank)..]);
        y.Reset(data.IsFloat, dims[..(data.Rank - 1 + indices.Rank)]);
        var outer = ConcatOperator.Product(data.Dims[..axis]);
        var run = ConcatOperator.Product(data.Dims[(axis + 1)..]);
        if (run == 1 && data.IsFloat)
        {
            GatherNumbers(data.Floats, indices.Ints, size, y.Floats);
            return;
        }

        var at = 0;
        for (var o = 0; o < outer; o++)
        {
            foreach (var index in indices.Ints)
            {
                if (index < -size || index >= size)
                    throw new InvalidDataException($"ONNX: index {index} on an axis of {size}.");
                var from = (o * size + (int)(index < 0 ? index + size : index)) * run;
                if (data.IsFloat)
                    data.Floats.Slice(from, run).CopyTo(y.Floats[at..]);
                else
                    data.Ints.Slice(from, run).CopyTo(y.Ints[at..]);
                at += run;
            }
        }
    }

    // Columns of rows: one number at a time, without a copy's overhead for each.
    private static void GatherNumbers(ReadOnlySpan<float> data, ReadOnlySpan<long> indices, int size, Span<float> y)
    {
        foreach (var index in indices)
        {
            if (index < -size || index >= size)
                throw new InvalidDataException($"ONNX: index {index} on an axis of {size}.");
        }

        for (var at = 0; at < y.Length && !indices.IsEmpty; at += indices.Length, data = data[size..])
        {
            for (var i = 0; i < indices.Length; i++)
                y[at + i] = data[(int)(indices[i] < 0 ? indices[i] + size : indices[i])];
        }
    }
}

/// <summary>A new axis with one place set for each index; an index out of range sets none.</summary>
internal sealed class OneHotOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", -1);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (indices, depth, values, y) = (In(inputs, 0), In(inputs, 1), In(inputs, 2), In(outputs, 0));
        var size = depth.IsFloat ? (long)depth.Floats[0] : depth.Ints[0];
        if (size is < 1 or > OnnxTensor.MaxElements || values.Count != 2)
            throw new InvalidDataException($"ONNX: OneHot of depth {size} with {values.Count} values.");
        // The new axis among one more than there are.
        var axis = _axis < 0 ? _axis + indices.Rank + 1 : _axis;
        if (axis < 0 || axis > indices.Rank)
            throw new InvalidDataException($"ONNX: OneHot on axis {_axis} of {indices.Rank}.");
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank + 1];
        indices.Dims[..(int)axis].CopyTo(dims);
        dims[(int)axis] = (int)size;
        indices.Dims[(int)axis..].CopyTo(dims[((int)axis + 1)..]);
        y.Reset(values.IsFloat, dims[..(indices.Rank + 1)]);
        if (y.IsFloat)
            y.Floats.Fill(values.Floats[0]);
        else
            y.Ints.Fill(values.Ints[0]);
        var inner = ConcatOperator.Product(indices.Dims[(int)axis..]);
        for (var i = 0; i < indices.Count; i++)
        {
            var index = indices.IsFloat ? (long)indices.Floats[i] : indices.Ints[i];
            index += index < 0 ? size : 0;
            if (index < 0 || index >= size)
                continue;
            var at = (int)((i / inner * size + index) * inner + i % inner);
            if (y.IsFloat)
                y.Floats[at] = values.Floats[1];
            else
                y.Ints[at] = values.Ints[1];
        }
    }
}

internal sealed class ShapeOperator : OnnxOperator
{
    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        y.Reset(isFloat: false, [x.Rank]);
        for (var i = 0; i < x.Rank; i++)
            y.Ints[i] = x.Dims[i];
    }
}

internal sealed class ReshapeOperator : OnnxOperator
{
    private readonly bool _keepsZero;

    public ReshapeOperator(NodeAttributes attributes) => _keepsZero = attributes.Int("allowzero", 0) != 0;

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, shape, y) = (In(inputs, 0), In(inputs, 1), In(outputs, 0));
        if (shape.Count > OnnxTensor.MaxRank)
            throw new InvalidDataException($"ONNX: Reshape to {shape.Count} dimensions.");
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        var (open, known) = (-1, 1L);
        for (var i = 0; i < shape.Count; i++)
        {
            var dim = shape.Ints[i];
            if (dim == 0 && !_keepsZero)
                dim = i < x.Rank ? x.Dims[i] : throw new InvalidDataException("ONNX: Reshape copies a size that is not there.");
            if (dim is < -1 or > OnnxTensor.MaxElements || dim == -1 && open >= 0)
                throw new InvalidDataException($"ONNX: Reshape to a size of {dim}.");
            if (dim == -1)
                open = i;
            else if ((known *= dim) > OnnxTensor.MaxElements)
                throw new InvalidDataException($"ONNX: Reshape to {known} numbers.");
            dims[i] = (int)dim;
        }

        if (open >= 0)
            dims[open] = known > 0 ? (int)(x.Count / known) : 0;
        y.CopyFrom(x, dims[..shape.Count]);
    }
}

internal sealed class FlattenOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long _axis = attributes.Int("axis", 1);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var x = In(inputs, 0);
        var axis = _axis == x.Rank ? x.Rank : x.Axis(_axis);
        var rows = ConcatOperator.Product(x.Dims[..axis]);
        In(outputs, 0).CopyFrom(x, [rows, ConcatOperator.Product(x.Dims[axis..])]);
    }
}

internal sealed class UnsqueezeOperator(NodeAttributes attributes) : OnnxOperator
{
    // An attribute before opset 13, an input since.
    private readonly long[]? _axes = attributes.Ints("axes");

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var x = In(inputs, 0);
        var axes = _axes is not null ? _axes : In(inputs, 1).Ints;
        var rank = x.Rank + axes.Length;
        if (rank > OnnxTensor.MaxRank)
            throw new InvalidDataException($"ONNX: Unsqueeze to {rank} dimensions.");
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        dims[..rank].Fill(-1);
        foreach (var axis in axes)
        {
            var at = axis < 0 ? axis + rank : axis;
            if (at < 0 || at >= rank || dims[(int)at] == 1)
                throw new InvalidDataException($"ONNX: Unsqueeze on axis {axis} of {rank}.");
            dims[(int)at] = 1;
        }

        for (int d = 0, from = 0; d < rank; d++)
        {
            if (dims[d] < 0)
                dims[d] = x.Dims[from++];
        }

        In(outputs, 0).CopyFrom(x, dims[..rank]);
    }
}

internal sealed class SqueezeOperator(NodeAttributes attributes) : OnnxOperator
{
    private readonly long[]? _axes = attributes.Ints("axes");

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var x = In(inputs, 0);
        var axes = _axes is not null ? _axes : Optional(inputs, 1) is { } given ? given.Ints : default;
        Span<bool> dropped = stackalloc bool[OnnxTensor.MaxRank];
        dropped.Clear();
        foreach (var axis in axes)
            dropped[x.Axis(axis)] = true;
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        var rank = 0;
        for (var d = 0; d < x.Rank; d++)
        {
            if (axes.IsEmpty ? x.Dims[d] != 1 : !dropped[d])
                dims[rank++] = x.Dims[d];
        }

        // A size other than 1 that was dropped does not fit, and is refused there.
        In(outputs, 0).CopyFrom(x, dims[..rank]);
    }
}
