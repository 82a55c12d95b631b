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
internal sealed record Outcome(double Seconds, IReadOnlyDictionary<string, double> Metrics, string Version);

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
