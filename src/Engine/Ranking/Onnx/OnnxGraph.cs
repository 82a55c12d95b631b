namespace Recs.Engine.Ranking.Onnx;

/// <summary>
/// A graph made ready to run: every operator known, every value given a slot. Thread-safe; each thread runs it with a
/// <see cref="OnnxRun"/> of its own.
/// </summary>
public sealed class OnnxGraph
{
    /// <exception cref="InvalidDataException">An operator is not supported (named with its domain), or a value is used before it is made.</exception>
    public OnnxGraph(OnnxModel model)
    {
        Model = model;
        var slots = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, constant) in model.Initializers)
        {
            slots[name] = slots.Count;
            Constants.Add((slots[name], constant));
        }

        foreach (var input in model.Inputs)
            slots.TryAdd(input, slots.Count);
        foreach (var node in model.Nodes)
        {
            var inputs = node.Inputs.Select(name => name.Length == 0 ? -1
                : slots.TryGetValue(name, out var slot) ? slot
                : throw new InvalidDataException($"ONNX: {node.Operator} reads '{name}', which nothing before it makes.")).ToArray();
            var outputs = node.Outputs.Select(name =>
            {
                if (name.Length == 0)
                    return -1;
                // Single assignment; an initializer of the same name would be overwritten for the next run.
                return slots.TryAdd(name, slots.Count) ? slots[name] : throw new InvalidDataException($"ONNX: '{name}' is made twice.");
            }).ToArray();
            if (node is { Operator: "Constant", Domain: "" })
            {
                Constants.Add((outputs.Length > 0 ? outputs[0] : -1, ConstantOf(node)));
                if (outputs is not [>= 0])
                    throw new InvalidDataException("ONNX: a Constant has no output.");
                continue;
            }

            var step = OnnxOperators.Create(node, model);
            Steps.Add(new OnnxStep(node, step, inputs, outputs));
        }

        Inputs = [.. model.Inputs.Select(i => slots[i])];
        Outputs = [.. model.Outputs.Select(o => slots.TryGetValue(o, out var slot) ? slot : throw new InvalidDataException($"ONNX: nothing makes the output '{o}'."))];
        Slots = slots.Count;
    }

    public OnnxModel Model { get; }

    internal List<(int Slot, OnnxConstant Value)> Constants { get; } = [];

    internal List<OnnxStep> Steps { get; } = [];

    internal int[] Inputs { get; }

    internal int[] Outputs { get; }

    internal int Slots { get; }

    private static OnnxConstant ConstantOf(OnnxNode node)
    {
        if (node.Attributes.TryGetValue("value", out var tensor) && tensor.Tensor is not null)
            return tensor.Tensor;
        if (node.Attributes.TryGetValue("value_float", out var number))
            return new OnnxConstant([], [number.Float], null);
        if (node.Attributes.TryGetValue("value_int", out var whole))
            return new OnnxConstant([], null, [whole.Int]);
        if (node.Attributes.TryGetValue("value_floats", out var numbers))
            return new OnnxConstant([numbers.Floats.Count], [.. numbers.Floats], null);
        if (node.Attributes.TryGetValue("value_ints", out var wholes))
            return new OnnxConstant([wholes.Ints.Count], null, [.. wholes.Ints]);
        throw new InvalidDataException($"ONNX: the Constant '{node.Name}' holds no numbers.");
    }
}

internal sealed record OnnxStep(OnnxNode Node, OnnxOperator Operator, int[] Inputs, int[] Outputs);

/// <summary>One operator of a graph, its attributes read. Run with the tensors of one run; thread-safe.</summary>
internal abstract class OnnxOperator
{
    /// <param name="inputs">Null where one was left out.</param>
    /// <param name="outputs">Null where nobody wants one.</param>
    public abstract void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs);

    protected static OnnxTensor In(ReadOnlySpan<OnnxTensor?> tensors, int index) =>
        Optional(tensors, index) ?? throw new InvalidDataException($"ONNX: input {index} is missing.");

    protected static OnnxTensor? Optional(ReadOnlySpan<OnnxTensor?> tensors, int index) => index < tensors.Length ? tensors[index] : null;
}

/// <summary>The tensors of one thread running a graph. Not thread-safe. The second run of a size allocates nothing.</summary>
public sealed class OnnxRun
{
    private readonly OnnxGraph _graph;
    private readonly OnnxTensor[] _tensors;
    private readonly (OnnxTensor?[] Inputs, OnnxTensor?[] Outputs)[] _bound;

    public OnnxRun(OnnxGraph graph)
    {
        _graph = graph;
        _tensors = new OnnxTensor[graph.Slots];
        foreach (var (slot, constant) in graph.Constants)
            _tensors[slot] = new OnnxTensor(constant);
        for (var slot = 0; slot < _tensors.Length; slot++)
            _tensors[slot] ??= new OnnxTensor();
        _bound = [.. graph.Steps.Select(s => (Array.ConvertAll(s.Inputs, Tensor), Array.ConvertAll(s.Outputs, Tensor)))];

        OnnxTensor? Tensor(int slot) => slot < 0 ? null : _tensors[slot];
    }

    /// <summary>The graph's input at a place, to be filled.</summary>
    /// <param name="index">Place among the inputs.</param>
    /// <param name="dims">Its sizes.</param>
    public Span<float> Input(int index, params ReadOnlySpan<int> dims)
    {
        var tensor = InputTensor(index);
        tensor.Reset(isFloat: true, dims);
        return tensor.Floats;
    }

    /// <summary>The same for whole numbers.</summary>
    public Span<long> IntInput(int index, params ReadOnlySpan<int> dims)
    {
        var tensor = InputTensor(index);
        tensor.Reset(isFloat: false, dims);
        return tensor.Ints;
    }

    /// <summary>The graph's output at a place, valid until the next run.</summary>
    public OnnxTensor Output(int index) => _tensors[_graph.Outputs[index]];

    /// <exception cref="InvalidDataException">A step met sizes, types or values that it cannot take; says which.</exception>
    public void Execute()
    {
        for (var s = 0; s < _bound.Length; s++)
        {
            try
            {
                _graph.Steps[s].Operator.Run(_bound[s].Inputs, _bound[s].Outputs);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException or IndexOutOfRangeException or OverflowException)
            {
                var node = _graph.Steps[s].Node;
                throw new InvalidDataException($"{node.Operator} '{node.Name}' that makes '{node.Outputs.FirstOrDefault()}': {e.Message}", e);
            }
        }
    }

    private OnnxTensor InputTensor(int index) => (uint)index < (uint)_graph.Inputs.Length
        ? _tensors[_graph.Inputs[index]]
        : throw new InvalidDataException($"ONNX: input {index} of a graph that has {_graph.Inputs.Length}.");
}
