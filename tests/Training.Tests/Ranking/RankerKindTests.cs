using Recs.Engine.Embedded;
using Recs.Training.Ranking;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Ranking;

public sealed class RankerKindTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(RankerKind.Trees, "trees")]
    [InlineData(RankerKind.Dcn, "dcn")]
    public async Task The_ranker_asked_for_is_trained_calibrated_written_as_onnx_and_served(RankerKind kind, string name)
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 400, Users = 250, Days = 30, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 4, Ranker = kind };
        var manifest = await Trainer.TrainAsync(options, new FixedTime());
        foreach (var (metric, value) in manifest.Metrics)
            output.WriteLine($"{metric}: {value:0.0000}");
        Assert.Null(manifest.Note);
        Assert.Equal(name, manifest.Ranker);
        Assert.Contains("ranker.onnx", manifest.Files.Keys);
        Assert.True(manifest.Metrics["ranker.auc"] > 0.7, "AUC");
        Assert.True(manifest.Metrics["ranker.calibrationError"] < 0.02, "calibration");
        Assert.InRange(manifest.Reliability!.Count, 1, 10);

        var model = ModelFolder.Load(Path.Combine(DataFolder.Models(folder.Root), manifest.Version), new ItemCatalog());
        Assert.Equal(kind == RankerKind.Trees ? typeof(TreeRanker) : typeof(DcnRanker), model.Ranker.GetType());

        // What it is explained by adds up to what it scores, against what a mean row scores.
        var random = new Random(1);
        var rows = Enumerable.Range(0, 2 * FeatureSchema.Width).Select(_ => (float)random.NextDouble()).ToArray();
        var (scores, a, b) = (new float[2], new double[FeatureSchema.Width], new double[FeatureSchema.Width]);
        model.Ranker.Score(rows, 2, scores);
        model.Ranker.Explain(rows.AsSpan(0, FeatureSchema.Width), a);
        model.Ranker.Explain(rows.AsSpan(FeatureSchema.Width), b);
        Assert.Equal(scores[0] - scores[1], a.Sum() - b.Sum(), 1e-3);

        var again = await Trainer.TrainAsync(options with { Threads = 1 }, new FixedTime());
        Assert.Equal(manifest.Files["ranker.onnx"], again.Files["ranker.onnx"]);
    }

    [Fact]
    public void Platt_undoes_a_slope_and_an_offset()
    {
        // Probabilities of 0.2 and 0.7 where the scores say other log-odds: the line through both is found.
        var rows = new LabelledRows(FeatureSchema.Width);
        var weights = new double[FeatureSchema.Width];
        weights[0] = 1;
        Add(1, 70, 30);
        Add(-2, 20, 80);
        var ranker = new LogisticRanker(LogisticRankerParameters.ForSchema(
            new double[FeatureSchema.Width], [.. Enumerable.Repeat(1.0, FeatureSchema.Width)], weights, 0));
        var calibration = RankerFit.Platt(ranker, rows, 1);
        Assert.Equal(Math.Log(7.0 / 3), calibration.Slope * 1 + calibration.Offset, 1e-4);
        Assert.Equal(Math.Log(0.25), calibration.Slope * -2 + calibration.Offset, 1e-4);

        // Two bins' worth of rows, both as predicted: the line of the bins is the diagonal.
        weights[0] = calibration.Slope;
        var right = new LogisticRanker(LogisticRankerParameters.ForSchema(
            new double[FeatureSchema.Width], [.. Enumerable.Repeat(1.0, FeatureSchema.Width)], weights, calibration.Offset));
        var bins = Reliability.Of(rows, right);
        Assert.Equal(200, bins.Sum(bin => bin.Weight), 1e-9);
        Assert.Equal(90, bins.Sum(bin => bin.Weight * bin.Observed), 1e-6);
        Assert.Equal(90, bins.Sum(bin => bin.Weight * bin.Predicted), 1e-3);

        // Of rows with one label alone no line is to be had.
        var single = new LabelledRows(FeatureSchema.Width);
        single.Add(new float[FeatureSchema.Width], positive: true, 1);
        Assert.Equal(Calibration.None, RankerFit.Platt(ranker, single, 1));

        void Add(float x, int positives, int negatives)
        {
            var row = new float[FeatureSchema.Width];
            row[0] = x;
            for (var i = 0; i < positives + negatives; i++)
                rows.Add(row, i < positives, 1);
        }
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => End;
    }
}
