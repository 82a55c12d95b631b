using Recs.Engine.Ranking;
using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Ranking.Onnx.Backends;
using Recs.Engine.Tests.Ranking.Trees;

namespace Recs.Ranking.Onnx.Tests;

public sealed class OnnxRuntimeBackendTests
{
    private const string NotLinked = "Microsoft.ML.OnnxRuntime is not linked in: build with -p:UseOnnxRuntime=true where the package can be restored.";

    public OnnxRuntimeBackendTests() => OnnxRuntimeBackend.Register();

    [Fact]
    public void A_model_that_asks_for_a_backend_nobody_has_is_refused_with_those_there_are()
    {
        var refusal = Assert.Throws<InvalidDataException>(() => new GraphRanker(Graph(1), Calibration.None, "tensorflow"));
        Assert.Contains("'tensorflow'; this host has embedded, onnxruntime.", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Without_the_runtime_a_model_that_asks_for_it_is_refused_by_the_name_of_the_switch()
    {
        Skip.If(OnnxRuntimeBackend.IsLinked, "The runtime is linked in.");
        var refusal = Assert.Throws<InvalidDataException>(() => new GraphRanker(Graph(1), Calibration.None, OnnxRuntimeBackend.BackendName));
        Assert.Contains("-p:UseOnnxRuntime=true", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(500)]
    public void Both_backends_score_the_same_graph_alike(int count)
    {
        Skip.IfNot(OnnxRuntimeBackend.IsLinked, NotLinked);
        var graph = Graph(count);
        var (embedded, runtime) = (new GraphRanker(graph, Calibration.None), new GraphRanker(graph, Calibration.None, OnnxRuntimeBackend.BackendName));
        var rows = RandomTrees.Rows(new Random(count), count, FeatureSchema.Width);
        var (a, b) = (new float[count], new float[count]);
        embedded.Score(rows, count, a);
        runtime.Score(rows, count, b);
        for (var r = 0; r < count; r++)
            Assert.Equal(a[r], b[r], 1e-4);
    }

    [SkippableFact]
    public void A_file_that_the_runtime_cannot_load_is_refused()
    {
        Skip.IfNot(OnnxRuntimeBackend.IsLinked, NotLinked);
        var graph = Graph(1);
        Assert.Throws<InvalidDataException>(() => new GraphRanker(graph.AsMemory(..(graph.Length / 2)), Calibration.None, OnnxRuntimeBackend.BackendName));
    }

    private static byte[] Graph(int seed) => TreeOnnx.Write(RandomTrees.Ensemble(new Random(seed), FeatureSchema.Width, 20, 31));
}
