using Recs.Training.Evaluation.Metrics;
using Recs.Training.Evaluation.Protocols;

namespace Recs.Training.Evaluation.Report;

/// <summary>What a report page shows.</summary>
/// <param name="Protocol">What was run.</param>
/// <param name="Model">Its settings.</param>
/// <param name="Task">The queries.</param>
/// <param name="Result">The model's.</param>
/// <param name="Baseline">Popularity's, on the same queries.</param>
/// <param name="OnValidation">The validation split was run, not the published one.</param>
/// <param name="Titles">Names of items by id, where the data set has them.</param>
/// <param name="MadeAt">When.</param>
public sealed record ReportData(
    Protocol Protocol, string Model, EvaluationTask Task, EvaluationResult Result, EvaluationResult Baseline, bool OnValidation,
    IReadOnlyDictionary<string, string> Titles, DateTimeOffset MadeAt)
{
    /// <summary>Target metric of every query under one set of lists.</summary>
    public double[] TargetOf(int[][] lists)
    {
        var parts = Protocol.Target.Split('@');
        var k = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        return Array.ConvertAll(Evaluator.Judge(Task, lists, k), m => m[parts[0]]);
    }

    /// <summary>Mean of a metric at every cutoff from 1 on.</summary>
    public double[] Curve(int[][] lists, string metric) =>
        [.. Enumerable.Range(1, Protocol.Cutoffs.Max()).Select(k => Evaluator.Judge(Task, lists, k).Average(m => m[metric]))];

    public double BaselineTest() =>
        Bootstrap.PairedTest(TargetOf(Result.Lists), TargetOf(Baseline.Lists), Task.Queries.Select(static q => q.Group).ToArray());
}
