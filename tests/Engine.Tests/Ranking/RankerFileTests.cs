using System.Text;
using Recs.Engine.Ranking.Deep;
using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Ranking.Onnx.Backends;
using Recs.Engine.Tests.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking;

public sealed class RankerFileTests
{
    [Fact]
    public void Trees_networks_and_foreign_graphs_come_back_as_they_were()
    {
        var random = new Random(3);
        var ensemble = RandomTrees.Ensemble(random, FeatureSchema.Width, 5, 12);
        var rows = RandomTrees.Rows(random, 6, FeatureSchema.Width);
        IRanker[] rankers = [new TreeRanker(ensemble, new Calibration(2, -1)), new DcnRanker(Network(), new Calibration(0.5, 1)),
            new GraphRanker(TreeOnnx.Write(ensemble), Calibration.None)];
        foreach (var ranker in rankers)
        {
            var back = Read(Json(ranker), RankerFile.Graph(ranker)!);
            Assert.Equal(ranker.GetType(), back.GetType());
            var (a, b) = (new float[6], new float[6]);
            ranker.Score(rows, 6, a);
            back.Score(rows, 6, b);
            Assert.Equal(a, b);
        }

        // 2 x score - 1, and the graph's scores are the trees'.
        var (plain, calibrated) = (new float[6], new float[6]);
        rankers[2].Score(rows, 6, plain);
        rankers[0].Score(rows, 6, calibrated);
        for (var r = 0; r < 6; r++)
            Assert.Equal(2 * plain[r] - 1, calibrated[r], 1e-5);
    }

    [Fact]
    public void A_graph_is_run_by_the_backend_that_its_model_names()
    {
        var graph = TreeOnnx.Write(RandomTrees.Ensemble(new Random(5), FeatureSchema.Width, 3, 8));
        GraphBackends.Add(new Counting());
        var json = Json(new GraphRanker(graph, Calibration.None, "counting"));
        Assert.Contains("\"backend\": \"counting\"", json, StringComparison.Ordinal);
        var ranker = Assert.IsType<GraphRanker>(Read(json, graph));
        Assert.Equal("counting", ranker.Backend);
        var scores = new float[3];
        ranker.Score(new float[3 * FeatureSchema.Width], 3, scores);
        Assert.Equal([3f, 3, 3], scores);

        Assert.DoesNotContain("backend", Json(new GraphRanker(graph, Calibration.None)), StringComparison.Ordinal);
        var nobodys = Assert.Throws<InvalidDataException>(() => Read(json.Replace("counting", "nobody's", StringComparison.Ordinal), graph));
        Assert.Contains("'nobody's'; this host has counting, embedded.", nobodys.Message, StringComparison.Ordinal);
    }

    /// <summary>Scores every row by how many there are.</summary>
    private sealed class Counting : IGraphBackend, IGraphSession
    {
        public string Name => "counting";

        public string Output => "score";

        public IGraphSession Open(ReadOnlyMemory<byte> file, int width) => this;

        public void Run(ReadOnlySpan<float> rows, int count, Span<float> output) => output[..count].Fill(count);
    }

    [Fact]
    public void Contributions_sum_to_the_score_less_the_references()
    {
        var ranker = new DcnRanker(Network(), new Calibration(0.5, 1));
        var row = Enumerable.Range(0, FeatureSchema.Width).Select(f => f * 0.1f).ToArray();
        var phi = new double[FeatureSchema.Width];
        ranker.Explain(row, phi);
        var mean = new float[FeatureSchema.Width];
        var scores = new float[2];
        ranker.Score([.. row, .. mean], 2, scores);
        Assert.Equal(scores[0] - scores[1], phi.Sum(), 1e-4);
        // A feature at its mean adds nothing.
        Assert.Equal(0, phi[0]);
    }

    [Fact]
    public void A_graph_of_another_schema_is_refused_with_the_difference()
    {
        var ranker = new TreeRanker(RandomTrees.Ensemble(new Random(1), FeatureSchema.Width, 2, 4), Calibration.None);
        var json = Json(ranker);
        var graph = RankerFile.Graph(ranker)!;
        var renamed = json.Replace("\"als_score\"", "\"other\"", StringComparison.Ordinal).Replace(FeatureSchema.Hash, "00", StringComparison.Ordinal);
        Assert.Contains("it lacks als_score; it has other", Refused(renamed), StringComparison.Ordinal);
        Assert.Contains("slope above 0", Refused(json.Replace("\"slope\": 1", "\"slope\": -1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("no single tree ensemble", Assert.Throws<InvalidDataException>(() => Read(json, DcnOnnx.Write(Network()))).Message, StringComparison.Ordinal);

        string Refused(string text) => Assert.Throws<InvalidDataException>(() => Read(text, graph)).Message;
    }

    private static string Json(IRanker ranker)
    {
        using var stream = new MemoryStream();
        RankerFile.Write(stream, ranker);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static IRanker Read(string json, byte[] graph)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return RankerFile.Read(stream, "ranker.json", () => graph);
    }

    private static DcnNetwork Network()
    {
        var width = FeatureSchema.Width;
        var shape = new DcnShape { Width = width, Numeric = [.. Enumerable.Range(0, width)], Categories = [], Cross = 1, Deep = [6] };
        var random = new Random(2);
        var parameters = Enumerable.Range(0, new DcnLayout(shape).Length).Select(_ => (float)random.NextDouble() - 0.5f).ToArray();
        return new DcnNetwork(shape, new float[width], [.. Enumerable.Repeat(1f, width)], parameters);
    }
}
