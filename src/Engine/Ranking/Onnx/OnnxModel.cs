namespace Recs.Engine.Ranking.Onnx;

/// <summary>A parsed ONNX file: one graph without subgraphs, tensors in the file itself. Immutable by convention.</summary>
public sealed class OnnxModel
{
    /// <summary>Bounds that keep a hostile file from being costly.</summary>
    public const int MaxBytes = 64 << 20, MaxNodes = 100_000;

    public required IReadOnlyList<OnnxNode> Nodes { get; init; }

    public required IReadOnlyDictionary<string, OnnxConstant> Initializers { get; init; }

    /// <summary>Names of the graph's inputs that are no initializers.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Version of each operator set by domain; "" is ai.onnx.</summary>
    public required IReadOnlyDictionary<string, int> Opsets { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Version of ai.onnx.</summary>
    public int Opset => Opsets.TryGetValue("", out var version) ? version : 1;

    /// <exception cref="InvalidDataException">Says what is wrong: damaged, too large, or beyond what is read here.</exception>
    public static OnnxModel Parse(ReadOnlySpan<byte> file) => OnnxParser.Parse(file);
}

/// <param name="Operator">Its type.</param>
/// <param name="Domain">"" for ai.onnx.</param>
/// <param name="Name">For messages.</param>
/// <param name="Inputs">Names; empty for one left out.</param>
/// <param name="Outputs">Names.</param>
/// <param name="Attributes">By name.</param>
public sealed record OnnxNode(
    string Operator, string Domain, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes);

/// <summary>One attribute; which member holds the value depends on the operator.</summary>
public sealed class OnnxAttribute
{
    public float Float { get; init; }

    public long Int { get; init; }

    public string Text { get; init; } = "";

    public OnnxConstant? Tensor { get; init; }

    public IReadOnlyList<float> Floats { get; init; } = [];

    public IReadOnlyList<long> Ints { get; init; } = [];

    public IReadOnlyList<string> Texts { get; init; } = [];
}

/// <summary>A tensor of the file: numbers of one of two kinds. Doubles and half floats are read as floats, bools as 0 and 1.</summary>
/// <param name="Dims">Sizes; empty for a single number.</param>
/// <param name="Floats">Or null.</param>
/// <param name="Ints">Or null.</param>
public sealed record OnnxConstant(int[] Dims, float[]? Floats, long[]? Ints);
