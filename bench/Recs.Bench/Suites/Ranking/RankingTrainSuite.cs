using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Training.Evaluation.Metrics;
using Recs.Training.Ranking;
using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>
/// Quality on test rows and training time of the rankers, against peers on the same rows in the same run: mean and
/// standard deviation over seeds, each with its own random fifth of the training rows for validation.
/// </summary>
internal static class RankingTrainSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var first = arguments.Number("seed", 1);
        var seeds = arguments.Number("seeds", 5, 1, 50);
        var threads = arguments.Number("threads", Environment.ProcessorCount, 1, 256);
        var python = arguments.Text("python", "/usr/bin/python3");
        var data = arguments.Text("data", "binary,lambdarank,frappe,ml-1m").Split(',');
        var models = arguments.Text("models", "trees,dcn").Split(',');
        var trees = arguments.Number("trees", 0, 0, 10_000);
        arguments.RefuseOthers();

        foreach (var set in RankingData.Available(data))
        {
            Console.WriteLine($"{set.Name}: {set.Train.Rows:N0} rows to learn from, {set.Test.Rows:N0} to test, {set.Train.Width} columns");
            using var folder = new WorkFolder("");
            PythonPeer.Write(folder.Root, "test", set.Test);
            foreach (var model in models)
            {
                // The network is for codes; the other sets have none.
                if (model == "dcn" && set.Train.Categorical.Count == 0)
                    continue;
                IRankingContest contest = model switch
                {
                    "trees" => new TreeContest(set, threads, python, trees),
                    "dcn" => new DcnContest(set, threads, python),
                    _ => throw new ArgumentException($"--models held '{model}'; known are trees and dcn."),
                };
                await RunAsync(contest, set, folder.Root, Enumerable.Range(first, seeds).ToArray(), report);
            }
        }

        return 0;
    }

    private static async Task RunAsync(IRankingContest contest, RankingSet set, string folder, int[] seeds, Report report)
    {
        var (ours, theirs) = (new List<Outcome>(), new List<Outcome>());
        foreach (var seed in seeds)
        {
            var (train, validation) = set.Split(seed);
            PythonPeer.Write(folder, "train", train);
            PythonPeer.Write(folder, "valid", validation);
            ours.Add(contest.Ours(train, validation, seed));
            if (await contest.TheirsAsync(folder, seed) is { } theirOutcome)
                theirs.Add(theirOutcome);
        }

        (string, object)[] parameters = [("data", set.Name), ("seeds", seeds.Length), ("settings", contest.Settings)];
        foreach (var metric in ours[0].Metrics.Keys)
        {
            Add(contest.Name, metric, ours);
            if (theirs.Count > 0)
                Add(contest.Peer + "-peer", metric, theirs);
        }

        if (theirs.Count == ours.Count)
        {
            foreach (var (metric, low, high) in TestMetrics.Differences(set.Test, ours, theirs))
                report.Add($"{set.Name}.{contest.Name}.{metric} less the peer's", (low + high) / 2, "", [.. parameters, ("from", Math.Round(low, 4)), ("to", Math.Round(high, 4))]);
        }

        var (seconds, peerSeconds) = (ours.Select(o => o.Seconds).ToArray(), theirs.Select(o => o.Seconds).ToArray());
        report.Add($"{set.Name}.{contest.Name}.seconds", Percentile.Median(seconds), "s", parameters);
        if (theirs.Count == 0)
        {
            Console.WriteLine($"No {contest.Peer} on this machine: ratio left out.");
            return;
        }

        report.Add($"{set.Name}.{contest.Peer}-peer.seconds", Percentile.Median(peerSeconds), "s", [.. parameters, ("version", theirs[0].Version)]);
        report.Add($"{set.Name}.{contest.Name}.train ratio", Percentile.Median(peerSeconds) / Percentile.Median(seconds), "x", parameters);

        void Add(string who, string metric, List<Outcome> outcomes)
        {
            var values = outcomes.Select(o => o.Metrics[metric]).ToArray();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / Math.Max(1, values.Length - 1));
            report.Add($"{set.Name}.{who}.{metric}", mean, "", [.. parameters, ("deviation", Math.Round(deviation, 5)), ("version", outcomes[0].Version)]);
        }
    }
}

/// <param name="Seconds">Of the training alone.</param>
/// <param name="Metrics">On the test rows.</param>
/// <param name="Version">Who.</param>
internal sealed record Outcome(double Seconds, IReadOnlyDictionary<string, double> Metrics, string Version)
{
    /// <summary>Of the test rows.</summary>
    public float[] Scores { get; init; } = [];
}

/// <summary>One kind of ranker and its peer.</summary>
internal interface IRankingContest
{
    string Name { get; }

    string Peer { get; }

    string Settings { get; }

    Outcome Ours(TrainingTable train, TrainingTable validation, int seed);

    /// <summary>On the rows that lie in the folder; null when the peer is not installed.</summary>
    Task<Outcome?> TheirsAsync(string folder, int seed);
}

/// <summary>The figures of scores on test rows.</summary>
internal static class TestMetrics
{
    /// <summary>
    /// 95 % intervals of the mean differences over the seeds, by drawing test rows (or queries) anew 500 times, the same for
    /// both sides. For small sets, where the rows' chance outweighs the seeds'.
    /// </summary>
    public static IEnumerable<(string Metric, double Low, double High)> Differences(TrainingTable test, List<Outcome> ours, List<Outcome> theirs)
    {
        const int Draws = 500, SmallSet = 10_000;
        if (test.Rows > SmallSet || ours.Concat(theirs).Any(o => o.Scores.Length != test.Rows))
            yield break;
        var random = new Random(1);
        var sizes = test.QuerySizes ?? [.. Enumerable.Repeat(1, test.Rows)];
        var starts = new int[sizes.Length];
        for (var q = 1; q < starts.Length; q++)
            starts[q] = starts[q - 1] + sizes[q - 1];
        var differences = ours[0].Metrics.Keys.ToDictionary(m => m, _ => new List<double>());
        for (var draw = 0; draw < Draws; draw++)
        {
            int[] units = [.. Enumerable.Range(0, sizes.Length).Select(_ => random.Next(sizes.Length))];
            int[] rows = [.. units.SelectMany(u => Enumerable.Range(starts[u], sizes[u]))];
            var drawn = new TrainingTable
            {
                Width = 0,
                Features = [],
                Labels = [.. rows.Select(r => test.Labels[r])],
                QuerySizes = test.QuerySizes is null ? null : [.. units.Select(u => sizes[u])],
            };
            foreach (var metric in differences)
            {
                double Mean(List<Outcome> side) => side.Average(o => Of(drawn, [.. rows.Select(r => o.Scores[r])])[metric.Key]);
                metric.Value.Add(Mean(ours) - Mean(theirs));
            }
        }

        foreach (var (metric, values) in differences)
        {
            values.Sort();
            yield return (metric, values[(int)(0.025 * Draws)], values[(int)(0.975 * Draws)]);
        }
    }

    public static Dictionary<string, double> Of(TrainingTable test, float[] scores)
    {
        if (test.QuerySizes is not null)
        {
            var doubles = Array.ConvertAll(scores, s => (double)s);
            return new[] { 1, 3, 5, 10 }.ToDictionary(k => $"ndcg@{k}", k => LambdaRankObjective.Ndcg(test, doubles, k));
        }

        double loss = 0;
        for (var r = 0; r < scores.Length; r++)
            loss += LogisticRegression.Softplus(test.Labels[r] > 0.5f ? -scores[r] : scores[r]);
        return new Dictionary<string, double>
        {
            ["auc"] = BinaryMetrics.Auc(scores, Array.ConvertAll(test.Labels, label => label > 0.5f)),
            ["logloss"] = loss / scores.Length,
        };
    }
}
