using Recs.Engine.Ranking.Onnx.Backends;

namespace Recs.Ranking.Onnx;

/// <summary>Stands where the runtime would: refuses every graph.</summary>
internal static class RuntimeSession
{
    public const bool IsLinked = false;

    public static IGraphSession Open(ReadOnlyMemory<byte> file, int width) => throw new InvalidDataException(
        $"ranker: its graph of {file.Length} bytes over {width} features asks for ONNX Runtime, which this build has not linked in: build with -p:UseOnnxRuntime=true, or let the model use the embedded backend.");
}
