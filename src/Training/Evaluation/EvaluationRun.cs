using Recs.Training.Evaluation.Metrics;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;

namespace Recs.Training.Evaluation;

/// <summary>One model on one task, with everything that a table needs.</summary>
/// <param name="Values">By metric name: "ndcg@10".</param>
/// <param name="Intervals">95 % bootstrap intervals of the same, queries of one group drawn together.</param>
/// <param name="Catalogue">coverage, novelty, popularityBias, gini of the lists.</param>
/// <param name="Lists">One per query.</param>
/// <param name="FitSeconds">Time to train.</param>
/// <param name="ScoreSeconds">Time for all lists.</param>
public sealed record EvaluationResult(
    IReadOnlyDictionary<string, double> Values, IReadOnlyDictionary<string, Interval> Intervals,
    IReadOnlyDictionary<string, double> Catalogue, int[][] Lists, double FitSeconds, double ScoreSeconds);

/// <summary>Fits, makes lists, judges.</summary>
public static class EvaluationRun
{
    public static EvaluationResult Of(EvaluationTask task, Protocol protocol, IOfflineModel model, FitContext context, TimeProvider time)
    {
        var started = time.GetTimestamp();
        var scorer = model.Fit(task.Train, context);
        var fitted = time.GetElapsedTime(started).TotalSeconds;
        started = time.GetTimestamp();
        var lists = Evaluator.Lists(task, scorer, protocol.Cutoffs.Max(), context.Parallel);
        return Judge(task, protocol, lists, fitted, time.GetElapsedTime(started).TotalSeconds);
    }

    public static EvaluationResult Judge(EvaluationTask task, Protocol protocol, int[][] lists, double fitSeconds, double scoreSeconds)
    {
        var groups = task.Queries.Select(static q => q.Group).ToArray();
        var values = new Dictionary<string, double>();
        var intervals = new Dictionary<string, Interval>();
        foreach (var k in protocol.Cutoffs)
        {
            var judged = Evaluator.Judge(task, lists, k);
            foreach (var metric in TopKMetrics.Names)
            {
                var interval = Bootstrap.MeanInterval(Array.ConvertAll(judged, j => j[metric]), groups);
                values[$"{metric}@{k}"] = interval.Mean;
                intervals[$"{metric}@{k}"] = interval;
            }
        }

        var catalogue = new CatalogueMetrics(task.Train.Popularity());
        foreach (var list in lists)
            catalogue.Add(list.AsSpan(0, Math.Min(protocol.Cutoffs[0], list.Length)));
        return new EvaluationResult(values, intervals, new Dictionary<string, double>
        {
            ["coverage"] = catalogue.Coverage,
            ["novelty"] = catalogue.Novelty,
            ["popularityBias"] = catalogue.PopularityBias,
            ["gini"] = catalogue.Gini,
        }, lists, fitSeconds, scoreSeconds);
    }
}
