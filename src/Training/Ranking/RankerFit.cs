using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking.Clicks;
using Recs.Training.Ranking.Deep;
using Recs.Training.Ranking.Trees;

namespace Recs.Training.Ranking;

/// <summary>
/// Fits one kind of ranker on labelled pages: how large it grows is chosen, and its probabilities are calibrated, on
/// later pages than it learns from.
/// </summary>
/// <remarks>Rows may have one column more than the schema: the place, which the fitted ranker then takes as the first.</remarks>
/// <param name="Judge">Fitted on the earlier pages alone, for the metrics of the held-out ones.</param>
/// <param name="Refit">Fits the same on all pages, of the size chosen.</param>
internal sealed record RankerFit(IRanker Judge, Func<LabelledRows, IRanker> Refit)
{
    private const double Ridge = 1;

    /// <summary>Fewer positives among the validation rows than this choose nothing.</summary>
    public const int LeastValidation = 20;

    public static RankerFit Logistic(LabelledRows rows, int threads, CancellationToken cancellationToken)
    {
        IRanker Fit(LabelledRows r)
        {
            var w = LogisticRegression.Fit(r, Ridge, threads, cancellationToken);
            if (r.Width > FeatureSchema.Width)
                w = PlaceColumn.Without(w);
            return new LogisticRanker(LogisticRankerParameters.ForSchema(w.Means, w.Scales, w.Weights, w.Bias));
        }

        return new RankerFit(Fit(rows), Fit);
    }

    public static RankerFit Trees(
        LabelledRows rows, LabelledRows validation, int seed, int threads, Action<string> progress, CancellationToken cancellationToken)
    {
        var options = new TreeOptions { Trees = 400, Leaves = 15, LearningRate = 0.05, MinRows = 20, L2 = 1, Patience = 25, Seed = seed, Threads = threads };
        var trained = TreeTrainer.Train(rows.ToTable(), options, validation.ToTable(),
            (trees, loss) => progress(FormattableString.Invariant($"{trees} trees, validation loss {loss:0.0000}")), cancellationToken);
        var trees = Math.Max(1, trained.Ensemble.Trees.Count);
        // With the place still in, where it is in: what is calibrated are probabilities of what was seen.
        var calibration = Platt(row => trained.Ensemble.Score(row), validation, threads);
        return new RankerFit(Ranker(trained.Ensemble), all => Ranker(
            TreeTrainer.Train(all.ToTable(), options with { Trees = trees, Patience = 0 }, cancellationToken: cancellationToken).Ensemble));

        TreeRanker Ranker(TreeEnsemble ensemble) =>
            new(ensemble.Features > FeatureSchema.Width ? PlaceColumn.Without(ensemble) : ensemble, calibration);
    }

    public static RankerFit Dcn(
        LabelledRows rows, LabelledRows validation, int seed, int threads, Action<string> progress, CancellationToken cancellationToken)
    {
        var options = new DcnOptions
        {
            Cross = 2,
            Deep = [64, 32],
            Dropout = 0.1,
            L2 = 1e-5,
            BatchRows = 512,
            Epochs = 40,
            Patience = 4,
            Shared = FeatureSchema.Shared,
            Seed = seed,
            Threads = threads,
        };
        var trained = DcnTrainer.Train(rows.ToTable(), options, validation.ToTable(),
            (epochs, loss) => progress(FormattableString.Invariant($"{epochs} passes, validation loss {loss:0.0000}")), cancellationToken);
        var calibration = Platt(new DcnRanker(trained.Network, Calibration.None), validation, threads);
        return new RankerFit(new DcnRanker(trained.Network, calibration), all => new DcnRanker(
            DcnTrainer.Train(all.ToTable(), options with { Epochs = trained.Epochs, Patience = 0 }, cancellationToken: cancellationToken).Network, calibration));
    }

    /// <summary>Platt's slope and offset on rows that the ranker did not learn from; none when the slope came out at 0 or below.</summary>
    internal static Calibration Platt(IRanker ranker, LabelledRows rows, int threads)
    {
        var score = new float[1];
        return Platt(
            row =>
            {
                ranker.Score(row, 1, score);
                return score[0];
            },
            rows, threads);
    }

    private static Calibration Platt(Func<ReadOnlySpan<float>, float> scoreOf, LabelledRows rows, int threads)
    {
        if (rows.Positives == 0 || rows.Positives == rows.Count)
            return Calibration.None;
        var scored = new LabelledRows(1);
        for (var r = 0; r < rows.Count; r++)
            scored.Add([scoreOf(rows.Row(r))], rows.IsPositive(r), rows.Weight(r));

        var fit = LogisticRegression.Fit(scored, 1e-6, threads);
        var slope = fit.Weights[0] / fit.Scales[0];
        return slope > 0 ? new Calibration(slope, fit.Bias - slope * fit.Means[0]) : Calibration.None;
    }
}
