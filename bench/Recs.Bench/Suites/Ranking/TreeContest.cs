using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>Boosted trees: the same settings on both sides, the number of trees chosen on the validation rows.</summary>
internal sealed class TreeContest(RankingSet set, int threads, string python, int trees) : IRankingContest
{
    // A histogram of the peer holds 255 categories; ours 253 beside the rest and the missing.
    private readonly IReadOnlyList<int> _categorical = set.FewCodes(250);

    private readonly TreeOptions _options = new()
    {
        Objective = set.Train.QuerySizes is null ? TreeObjective.Logistic : TreeObjective.LambdaRank,
        Trees = trees > 0 ? trees : set.Train.Rows > 500_000 ? 200 : 100,
        Leaves = 31,
        LearningRate = set.Name is "frappe" or "ml-1m" ? 0.2 : 0.1,
        // For queries, ours by cross-validation on the training queries; the peer counts no rows, and its least hessian is
        // its own default, since the two scale their derivatives unlike.
        MinRows = set.Train.QuerySizes is null ? 20 : 50,
        L2 = set.Train.QuerySizes is null ? 0 : 1,
        MinHessian = 1e-3,
        CategoryL2 = 1,
        MaxCategories = 253,
        Threads = threads,
    };

    public string Name => "trees";

    public string Peer => set.Train.QuerySizes is null ? "sklearn" : "xgboost";

    public string Settings => FormattableString.Invariant(
        $"trees={_options.Trees} leaves={_options.Leaves} rate={_options.LearningRate} minRows={_options.MinRows} threads={threads}");

    public Outcome Ours(TrainingTable train, TrainingTable validation, int seed)
    {
        train = Columns(train);
        var clock = Stopwatch.GetTimestamp();
        var ensemble = TreeTrainer.Train(train, _options with { Seed = seed }).Ensemble;
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        // The choice is outside the time, as the peer's is.
        var best = Best(ensemble, validation);
        var chosen = new TreeEnsemble(ensemble.Features, ensemble.BaseScore, [.. ensemble.Trees.Take(best)]);
        var scores = new float[set.Test.Rows];
        for (var r = 0; r < scores.Length; r++)
            scores[r] = chosen.Score(set.Test.Row(r));
        return new Outcome(seconds, TestMetrics.Of(set.Test, scores), $"{best} trees") { Scores = scores };
    }

    public async Task<Outcome?> TheirsAsync(string folder, int seed)
    {
        var objective = _options.Objective == TreeObjective.Logistic ? "logistic" : "lambdarank";
        var result = await PythonPeer.RunAsync<PeerResult>(python, "trees_peer.py", folder, threads,
            $"--width={set.Train.Width}", $"--trees={_options.Trees}", $"--leaves={_options.Leaves}", $"--rate={_options.LearningRate}",
            $"--minrows={_options.MinRows}", $"--l2={_options.L2}", $"--categorical={string.Join(',', _categorical)}", $"--seed={seed}",
            $"--threads={threads}", $"--objective={objective}");
        return result is null
            ? null
            : new Outcome(result.Seconds, TestMetrics.Of(set.Test, PythonPeer.Scores(folder)), $"{result.Version}, {result.Trees} trees") { Scores = PythonPeer.Scores(folder) };
    }

    private TrainingTable Columns(TrainingTable table) => new()
    {
        Width = table.Width,
        Features = table.Features,
        Labels = table.Labels,
        QuerySizes = table.QuerySizes,
        Categorical = _categorical,
    };

    private int Best(TreeEnsemble ensemble, TrainingTable validation)
    {
        var scores = Enumerable.Repeat((double)ensemble.BaseScore, validation.Rows).ToArray();
        ITreeObjective objective = validation.QuerySizes is null
            ? new LogisticObjective(validation)
            : new LambdaRankObjective(validation, _options.Truncation);
        var best = (Trees: 0, Figure: double.PositiveInfinity);
        for (var t = 0; t < ensemble.Trees.Count; t++)
        {
            for (var r = 0; r < scores.Length; r++)
                scores[r] += ensemble.Trees[t].LeafValue[ensemble.Trees[t].LeafOf(validation.Row(r))];
            if (objective.Evaluate(scores) is var figure && figure < best.Figure)
                best = (t + 1, figure);
        }

        return best.Trees;
    }
}
