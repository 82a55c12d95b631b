using System.Numerics.Tensors;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Two operands, broadcast to a common shape.</summary>
internal sealed class BinaryOperator : OnnxOperator
{
    private readonly string _name;
    private readonly bool _compares, _logical;

    public BinaryOperator(string name, NodeAttributes attributes)
    {
        _name = name;
        _compares = name is "Less" or "LessOrEqual" or "Greater" or "GreaterOrEqual" or "Equal";
        _logical = name is "And" or "Or";
        if (name == "Mod" && attributes.Int("fmod", 0) != 0)
            throw new InvalidDataException("ONNX: ai.onnx.Mod with fmod is not supported.");
    }

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        if (inputs.Length != 2)
            throw new InvalidDataException($"ONNX: {_name} of {inputs.Length} inputs; two are supported.");
        var (a, b, c) = (In(inputs, 0), In(inputs, 1), In(outputs, 0));
        // Powers may have an exponent of another type.
        if (a.IsFloat != b.IsFloat && _name != "Pow")
            throw new InvalidDataException($"ONNX: {_name} of floats and whole numbers.");
        Span<int> dims = stackalloc int[OnnxTensor.MaxRank];
        Span<int> stepA = stackalloc int[OnnxTensor.MaxRank];
        Span<int> stepB = stackalloc int[OnnxTensor.MaxRank];
        var rank = Broadcast.Shape(a, b, dims);
        Broadcast.Steps(a, dims[..rank], stepA);
        Broadcast.Steps(b, dims[..rank], stepB);
        c.Reset(a.IsFloat && !_compares && !_logical, dims[..rank]);
        if (c.Count == 0)
            return;
        if (a.IsFloat && b.IsFloat && c.IsFloat && a.Count == c.Count && (b.Count == c.Count || b.Count == 1) && Fast(a, b, c))
            return;
        if (a.IsFloat && c.IsFloat && b.IsFloat && rank > 0 && a.Count == c.Count && b.Count == dims[rank - 1] && b.Dim(-1) == b.Count && FastRows(a, b, c, b.Count))
            return;
        Span<int> at = stackalloc int[OnnxTensor.MaxRank];
        at.Clear();
        int ia = 0, ib = 0;
        for (var i = 0; i < c.Count; i++)
        {
            if (c.IsFloat)
                c.Floats[i] = Floats(a.Floats[ia], b.IsFloat ? b.Floats[ib] : b.Ints[ib]);
            else if (a.IsFloat)
                c.Ints[i] = Compare(a.Floats[ia], b.Floats[ib]) ? 1 : 0;
            else
                c.Ints[i] = Whole(a.Ints[ia], b.Ints[ib]);
            for (var axis = rank - 1; axis >= 0; axis--)
            {
                ia += stepA[axis];
                ib += stepB[axis];
                if (++at[axis] < dims[axis])
                    break;
                at[axis] = 0;
                ia -= stepA[axis] * dims[axis];
                ib -= stepB[axis] * dims[axis];
            }
        }
    }

    private bool Fast(OnnxTensor a, OnnxTensor b, OnnxTensor c)
    {
        var one = b.Count == 1 && c.Count != 1;
        switch (_name)
        {
            case "Add" when one: TensorPrimitives.Add(a.Floats, b.Floats[0], c.Floats); break;
            case "Add": TensorPrimitives.Add(a.Floats, b.Floats, c.Floats); break;
            case "Sub" when one: TensorPrimitives.Subtract(a.Floats, b.Floats[0], c.Floats); break;
            case "Sub": TensorPrimitives.Subtract(a.Floats, b.Floats, c.Floats); break;
            case "Mul" when one: TensorPrimitives.Multiply(a.Floats, b.Floats[0], c.Floats); break;
            case "Mul": TensorPrimitives.Multiply(a.Floats, b.Floats, c.Floats); break;
            case "Pow" when one && b.Floats[0] == 2: TensorPrimitives.Multiply(a.Floats, a.Floats, c.Floats); break;
            default: return false;
        }

        return true;
    }

    private bool FastRows(OnnxTensor a, OnnxTensor b, OnnxTensor c, int width)
    {
        if (_name is not ("Add" or "Sub" or "Mul"))
            return false;
        for (var at = 0; at < c.Count; at += width)
        {
            var (x, y) = (a, b);
            switch (_name)
            {
                case "Add": TensorPrimitives.Add(x.Floats.Slice(at, width), y.Floats, c.Floats[at..]); break;
                case "Sub": TensorPrimitives.Subtract(x.Floats.Slice(at, width), y.Floats, c.Floats[at..]); break;
                default: TensorPrimitives.Multiply(x.Floats.Slice(at, width), y.Floats, c.Floats[at..]); break;
            }
        }

        return true;
    }

    private float Floats(float a, float b) => _name switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        "Pow" => MathF.Pow(a, b),
        "Min" => MathF.Min(a, b),
        "Max" => MathF.Max(a, b),
        _ => throw new InvalidDataException($"ONNX: {_name} of floats is not supported."),
    };

    private bool Compare(float a, float b) => _name switch
    {
        "Less" => a < b,
        "LessOrEqual" => a <= b,
        "Greater" => a > b,
        "GreaterOrEqual" => a >= b,
        "Equal" => a == b,
        _ => throw new InvalidDataException($"ONNX: {_name} of floats is not supported."),
    };

    private long Whole(long a, long b) => _name switch
    {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" when b == 0 => throw new InvalidDataException("ONNX: a division by 0."),
        "Div" => b == -1 ? -a : a / b,
        "Mod" when b == 0 => throw new InvalidDataException("ONNX: a division by 0."),
        // The sign of the divisor, as in Python.
        "Mod" => b == -1 ? 0 : (a % b + b) % b,
        "Min" => Math.Min(a, b),
        "Max" => Math.Max(a, b),
        "And" => a != 0 && b != 0 ? 1 : 0,
        "Or" => a != 0 || b != 0 ? 1 : 0,
        "Less" => a < b ? 1 : 0,
        "LessOrEqual" => a <= b ? 1 : 0,
        "Greater" => a > b ? 1 : 0,
        "GreaterOrEqual" => a >= b ? 1 : 0,
        "Equal" => a == b ? 1 : 0,
        _ => throw new InvalidDataException($"ONNX: {_name} of whole numbers is not supported."),
    };
}

/// <summary>Shapes aligned at their last axis, sizes of 1 repeated.</summary>
internal static class Broadcast
{
    public static int Shape(OnnxTensor a, OnnxTensor b, Span<int> dims)
    {
        var rank = Math.Max(a.Rank, b.Rank);
        for (var axis = 0; axis < rank; axis++)
        {
            var (x, y) = (SizeAt(a, axis - rank + a.Rank), SizeAt(b, axis - rank + b.Rank));
            if (x != y && x != 1 && y != 1)
                throw new InvalidDataException($"ONNX: sizes {x} and {y} do not fit each other.");
            dims[axis] = x == 1 ? y : x;
        }

        return rank;
    }

    /// <summary>How far a tensor's index moves with each axis of the common shape; 0 where it is repeated.</summary>
    public static void Steps(OnnxTensor tensor, ReadOnlySpan<int> dims, Span<int> steps)
    {
        var step = 1;
        for (var axis = dims.Length - 1; axis >= 0; axis--)
        {
            var size = SizeAt(tensor, axis - dims.Length + tensor.Rank);
            steps[axis] = size == 1 ? 0 : step;
            step *= size;
        }
    }

    private static int SizeAt(OnnxTensor tensor, int axis) => axis < 0 ? 1 : tensor.Sizes[axis];
}

internal sealed class UnaryOperator(string name) : OnnxOperator
{
    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        y.Reset(x.IsFloat && name != "IsNaN", x.Dims);
        switch (name)
        {
            case "Relu": TensorPrimitives.Max(x.Floats, 0, y.Floats); break;
            case "Sigmoid": TensorPrimitives.Sigmoid(x.Floats, y.Floats); break;
            case "Tanh": TensorPrimitives.Tanh(x.Floats, y.Floats); break;
            case "Exp": TensorPrimitives.Exp(x.Floats, y.Floats); break;
            case "Log": TensorPrimitives.Log(x.Floats, y.Floats); break;
            case "Sqrt": TensorPrimitives.Sqrt(x.Floats, y.Floats); break;
            case "Abs" when x.IsFloat: TensorPrimitives.Abs(x.Floats, y.Floats); break;
            case "Neg" when x.IsFloat: TensorPrimitives.Negate(x.Floats, y.Floats); break;
            case "IsNaN":
                var marks = y.Ints;
                var at = 0;
                foreach (var value in x.Floats)
                    marks[at++] = float.IsNaN(value) ? 1 : 0;
                break;
            default:
                for (var i = 0; i < y.Count; i++)
                {
                    y.Ints[i] = name switch
                    {
                        "Not" => x.Ints[i] == 0 ? 1 : 0,
                        "Neg" => -x.Ints[i],
                        _ => x.Ints[i] == long.MinValue ? throw new InvalidDataException("ONNX: Abs of the smallest number.") : Math.Abs(x.Ints[i]),
                    };
                }

                break;
        }
    }
}

/// <summary>Copies; dropout does nothing outside of training.</summary>
internal sealed class CopyOperator : OnnxOperator
{
    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs) =>
        In(outputs, 0).CopyFrom(In(inputs, 0), In(inputs, 0).Dims);
}

internal sealed class CastOperator : OnnxOperator
{
    private readonly long _to;

    public CastOperator(NodeAttributes attributes)
    {
        _to = attributes.Int("to", 0);
        if (_to is not (1 or 6 or 7 or 9 or 10 or 11))
            throw new InvalidDataException($"ONNX: ai.onnx.Cast to element type {_to} is not supported.");
    }

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        var toFloat = _to is 1 or 10 or 11;
        if (x.IsFloat == toFloat && _to != 9)
        {
            y.CopyFrom(x, x.Dims);
            return;
        }

        y.Reset(toFloat, x.Dims);
        for (var i = 0; i < y.Count; i++)
        {
            if (toFloat)
                y.Floats[i] = x.Ints[i];
            else if (_to == 9)
                y.Ints[i] = x.IsFloat ? x.Floats[i] != 0 ? 1 : 0 : x.Ints[i] != 0 ? 1 : 0;
            else
                y.Ints[i] = (long)x.Floats[i];
        }
    }
}

internal sealed class ClipOperator(NodeAttributes attributes) : OnnxOperator
{
    // Attributes before opset 11, inputs since.
    private readonly float _low = attributes.Float("min", float.NegativeInfinity);
    private readonly float _high = attributes.Float("max", float.PositiveInfinity);

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (x, y) = (In(inputs, 0), In(outputs, 0));
        var (low, high) = (Optional(inputs, 1), Optional(inputs, 2));
        y.Reset(x.IsFloat, x.Dims);
        for (var i = 0; i < y.Count; i++)
        {
            if (x.IsFloat)
                y.Floats[i] = MathF.Min(MathF.Max(x.Floats[i], low?.Floats[0] ?? _low), high?.Floats[0] ?? _high);
            else
                y.Ints[i] = Math.Min(Math.Max(x.Ints[i], low?.Ints[0] ?? long.MinValue), high?.Ints[0] ?? long.MaxValue);
        }
    }
}

/// <summary>Chooses by a condition; condition and operands of one shape, or operands of one number.</summary>
internal sealed class WhereOperator : OnnxOperator
{
    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var (condition, a, b, y) = (In(inputs, 0), In(inputs, 1), In(inputs, 2), In(outputs, 0));
        if (a.IsFloat != b.IsFloat || a.Count != condition.Count && a.Count != 1 || b.Count != condition.Count && b.Count != 1)
            throw new InvalidDataException($"ONNX: Where of {condition.Count}, {a.Count} and {b.Count} numbers is not supported.");
        y.Reset(a.IsFloat, condition.Dims);
        if (a.IsFloat)
        {
            Choose(condition.Ints, a.Floats, b.Floats, y.Floats);
            return;
        }

        for (var i = 0; i < y.Count; i++)
        {
            var from = condition.Ints[i] != 0 ? a : b;
            y.Ints[i] = from.Ints[from.Count == 1 ? 0 : i];
        }
    }

    private static void Choose(ReadOnlySpan<long> condition, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        var (stepA, stepB) = (a.Length == 1 ? 0 : 1, b.Length == 1 ? 0 : 1);
        for (var i = 0; i < y.Length; i++)
            y[i] = condition[i] != 0 ? a[i * stepA] : b[i * stepB];
    }
}
