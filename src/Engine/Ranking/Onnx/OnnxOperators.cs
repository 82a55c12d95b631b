namespace Recs.Engine.Ranking.Onnx;

/// <summary>The operators that are known, by domain and name.</summary>
internal static class OnnxOperators
{
    /// <summary>Names of all operators, for messages and documentation.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "Abs", "Add", "And", "ArgMax", "Cast", "Clip", "Concat", "Constant", "Div", "Dropout", "Equal", "Exp", "Flatten", "Gather", "Gemm",
        "Greater", "GreaterOrEqual", "Identity", "IsNaN", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Min", "Mod", "Mul", "Neg", "Not",
        "OneHot", "Or", "Pow", "ReduceMax", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Shape", "Sigmoid", "Softmax", "Sqrt", "Squeeze",
        "Sub", "Tanh", "Unsqueeze", "Where", "ai.onnx.ml.TreeEnsembleClassifier", "ai.onnx.ml.TreeEnsembleRegressor",
    ];

    /// <exception cref="InvalidDataException">Not supported; named with its domain and opset.</exception>
    public static OnnxOperator Create(OnnxNode node, OnnxModel model)
    {
        var attributes = new NodeAttributes(node);
        return (node.Domain, node.Operator) switch
        {
            ("", "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Min" or "Max" or "Mod" or "And" or "Or" or "Less" or "LessOrEqual" or "Greater"
                or "GreaterOrEqual" or "Equal") => new BinaryOperator(node.Operator, attributes),
            ("", "Abs" or "Exp" or "Log" or "Neg" or "Relu" or "Sigmoid" or "Sqrt" or "Tanh" or "Not" or "IsNaN") => new UnaryOperator(node.Operator),
            ("", "Identity" or "Dropout") => new CopyOperator(),
            ("", "Cast") => new CastOperator(attributes),
            ("", "Clip") => new ClipOperator(attributes),
            ("", "Where") => new WhereOperator(),
            ("", "Concat") => new ConcatOperator(attributes),
            ("", "Gather") => new GatherOperator(attributes),
            ("", "OneHot") => new OneHotOperator(attributes),
            ("", "Shape") => new ShapeOperator(),
            ("", "Reshape") => new ReshapeOperator(attributes),
            ("", "Flatten") => new FlattenOperator(attributes),
            ("", "Unsqueeze") => new UnsqueezeOperator(attributes),
            ("", "Squeeze") => new SqueezeOperator(attributes),
            ("", "ReduceSum" or "ReduceMean" or "ReduceMax") => new ReduceOperator(node.Operator, attributes),
            ("", "ArgMax") => new ArgMaxOperator(attributes),
            ("", "Softmax") => new SoftmaxOperator(attributes, model.Opset),
            ("", "MatMul") => new MatMulOperator(),
            ("", "Gemm") => new GemmOperator(attributes),
            ("ai.onnx.ml", "TreeEnsembleClassifier" or "TreeEnsembleRegressor") => new TreeEnsembleOperator(OnnxTrees.Parse(node)),
            _ => throw new InvalidDataException(
                $"ONNX: the operator {(node.Domain.Length == 0 ? "ai.onnx" : node.Domain)}.{node.Operator} is not supported; known are {string.Join(", ", Names)}."),
        };
    }
}

/// <summary>Attributes of a node, with defaults.</summary>
internal sealed class NodeAttributes(OnnxNode node)
{
    public long Int(string name, long otherwise) => node.Attributes.TryGetValue(name, out var a) ? a.Int : otherwise;

    public float Float(string name, float otherwise) => node.Attributes.TryGetValue(name, out var a) ? a.Float : otherwise;

    public string Text(string name, string otherwise) => node.Attributes.TryGetValue(name, out var a) ? a.Text : otherwise;

    /// <summary>Null when absent.</summary>
    public long[]? Ints(string name) => node.Attributes.TryGetValue(name, out var a) ? [.. a.Ints] : null;
}
