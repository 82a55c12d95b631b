using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Recs.Engine.Ranking.Onnx.Backends;

namespace Recs.Ranking.Onnx;

/// <summary>A graph in ONNX Runtime, one thread a run: pages run side by side. Thread-safe.</summary>
internal sealed class RuntimeSession : IGraphSession
{
    public const bool IsLinked = true;

    // A memory of its own for each thread: the runtime reads arrays, and rows come as spans.
    [ThreadStatic]
    private static float[]? _rows;

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly int _width;

    private RuntimeSession(InferenceSession session, int width)
    {
        (_session, _width) = (session, width);
        if (session.InputMetadata.Count != 1 || session.OutputMetadata.Count == 0)
            throw new InvalidDataException($"ONNX: a ranker takes one input; this has {session.InputMetadata.Count}, and {session.OutputMetadata.Count} outputs.");
        var (name, input) = session.InputMetadata.First();
        if (!input.IsTensor || input.ElementDataType != TensorElementType.Float)
            throw new InvalidDataException($"ONNX: input '{name}' is no tensor of floats.");
        _inputs = [name];
        _outputs = [session.OutputNames[0]];
    }

    public string Output => _outputs[0];

    public static IGraphSession Open(ReadOnlyMemory<byte> file, int width)
    {
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            };
            return new RuntimeSession(new InferenceSession(file.ToArray(), options), width);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime refuses the graph: {e.Message}", e);
        }
    }

    public void Run(ReadOnlySpan<float> rows, int count, Span<float> output)
    {
        var length = count * _width;
        var copy = _rows is { } kept && kept.Length >= length ? kept : _rows = new float[length];
        rows[..length].CopyTo(copy);
        try
        {
            using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, copy.AsMemory(0, length), [count, _width]);
            using var results = _session.Run(_options, _inputs, [input], _outputs);
            var made = results[0].GetTensorDataAsSpan<float>();
            if (made.Length != count)
                throw new InvalidDataException($"ONNX: {made.Length} numbers for {count} rows; a ranker makes one a row.");
            made.CopyTo(output);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"ONNX Runtime cannot run the graph: {e.Message}", e);
        }
    }
}
