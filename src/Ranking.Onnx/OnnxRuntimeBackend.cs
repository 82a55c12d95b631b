using Recs.Engine.Ranking.Onnx.Backends;

namespace Recs.Ranking.Onnx;

/// <summary>
/// Microsoft.ML.OnnxRuntime as a backend of <c>onnx</c> rankers whose ranker.json says <c>"backend": "onnxruntime"</c>: for graphs with
/// operators that the embedded evaluator lacks. Linked in when built with <c>-p:UseOnnxRuntime=true</c>; without that, such a
/// model is refused and the refusal says so. Thread-safe.
/// </summary>
public sealed class OnnxRuntimeBackend : IGraphBackend
{
    public const string BackendName = "onnxruntime";

    /// <summary>Whether the runtime was linked in.</summary>
    public static bool IsLinked => RuntimeSession.IsLinked;

    /// <summary>Lets this process's models choose it. Call it before models are loaded; a second call changes nothing.</summary>
    public static void Register() => GraphBackends.Add(new OnnxRuntimeBackend());

    public string Name => BackendName;

    /// <inheritdoc/>
    public IGraphSession Open(ReadOnlyMemory<byte> file, int width) => RuntimeSession.Open(file, width);
}
