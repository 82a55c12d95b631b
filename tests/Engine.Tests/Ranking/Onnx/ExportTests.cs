using Recs.Engine.Ranking.Deep;
using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Ranking.Trees;
using Recs.Engine.Tests.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking.Onnx;

public sealed class ExportTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Exported_trees_score_in_the_graph_what_they_score_themselves(int seed, bool categories)
    {
        var random = new Random(seed);
        var ensemble = RandomTrees.Ensemble(random, features: 5, trees: 12, leaves: 20, categories: categories);
        var rows = RandomTrees.Rows(random, 40, 5);
        if (categories)
            Array.ForEach(Enumerable.Range(0, rows.Length).ToArray(), i => rows[i] = MathF.Floor(rows[i]));
        var scores = Run(TreeOnnx.Write(ensemble), rows, 5);
        for (var r = 0; r < 40; r++)
            Assert.Equal(ensemble.Score(rows.AsSpan(r * 5, 5)), scores[r], 1e-5);
    }

    [Fact]
    public void Trees_come_back_from_their_file_the_same()
    {
        var ensemble = RandomTrees.Ensemble(new Random(3), features: 4, trees: 6, leaves: 15);
        var back = TreeOnnx.Read(OnnxModel.Parse(TreeOnnx.Write(ensemble)), 4);
        var rows = RandomTrees.Rows(new Random(4), 100, 4);
        for (var r = 0; r < 100; r++)
            Assert.Equal(ensemble.Score(rows.AsSpan(r * 4, 4)), back.Score(rows.AsSpan(r * 4, 4)));
        Assert.Equal(new TreeShap(ensemble).Expected, new TreeShap(back).Expected, 1e-9);
    }

    [Theory]
    [InlineData(2, 0, false, 0)]
    [InlineData(2, 3, false, 0)]
    [InlineData(1, 0, true, 5)]
    public void Exported_networks_score_in_the_graph_what_they_score_themselves(int cross, int rank, bool stacked, int buckets)
    {
        var network = Network(cross, rank, stacked, buckets, seed: 8);
        var random = new Random(9);
        var rows = Enumerable.Range(0, 70).SelectMany(r => new[]
        {
            (float)random.NextDouble() * 4, random.Next(-1, 9), r % 9 == 0 ? float.NaN : (float)random.NextDouble(), r % 11 == 0 ? float.NaN : random.Next(6),
        }).ToArray();
        var expected = new float[70];
        new DcnScorer(network).Score(rows, 70, expected);
        var file = DcnOnnx.Write(network);
        var scores = Run(file, rows, 4);
        var back = new float[70];
        new DcnScorer(DcnOnnx.Read(OnnxModel.Parse(file))).Score(rows, 70, back);
        for (var r = 0; r < 70; r++)
        {
            Assert.Equal(expected[r], scores[r], 1e-4);
            Assert.Equal(expected[r], back[r]);
        }
    }

    [Fact]
    public void The_second_run_of_a_size_allocates_nothing()
    {
        foreach (var file in new[] { TreeOnnx.Write(RandomTrees.Ensemble(new Random(5), 4, 10, 30)), DcnOnnx.Write(Network(2, 2, false, 0, 6)) })
        {
            var run = new OnnxRun(new OnnxGraph(OnnxModel.Parse(file)));
            for (var warm = 0; warm < 3; warm++)
                Once();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Once();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

            void Once()
            {
                run.Input(0, 100, 4).Fill(1);
                run.Execute();
            }
        }
    }

    internal static DcnNetwork Network(int cross, int rank, bool stacked, int buckets, int seed)
    {
        var shape = new DcnShape
        {
            Width = 4,
            Numeric = [2, 0],
            Categories = [new DcnCategory(1, 3, buckets > 0 ? [] : [0, 2, 5], buckets), new DcnCategory(3, 2, [1, 4])],
            Cross = cross,
            Rank = rank,
            Experts = rank > 0 ? 2 : 0,
            Deep = [8, 5],
            Stacked = stacked,
        };
        var random = new Random(seed);
        var parameters = Enumerable.Range(0, new DcnLayout(shape).Length).Select(_ => (float)random.NextDouble() - 0.5f).ToArray();
        return new DcnNetwork(shape, [0.5f, 1], [2, 0.7f], parameters);
    }

    private static float[] Run(byte[] file, float[] rows, int width)
    {
        var run = new OnnxRun(new OnnxGraph(OnnxModel.Parse(file)));
        rows.CopyTo(run.Input(0, rows.Length / width, width));
        run.Execute();
        Assert.Equal([rows.Length / width, 1], run.Output(0).Dims.ToArray());
        for (var r = 0; r < rows.Length / width; r++)
            Assert.Equal(1 / (1 + Math.Exp(-run.Output(0).Floats[r])), run.Output(1).Floats[r], 1e-5);
        return run.Output(0).Floats.ToArray();
    }
}
