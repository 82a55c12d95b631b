using Recs.Engine.Ranking.Deep;
using Recs.Training.Ranking.Deep;
using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>
/// DCN-v2 in parallel with full matrices: the same network, optimiser and stopping rule on both sides. The time is
/// divided by the passes made, which differ by chance.
/// </summary>
internal sealed class DcnContest(RankingSet set, int threads, string python) : IRankingContest
{
    // Chosen on validation rows alone.
    private readonly DcnOptions _options = new()
    {
        Embedding = 16,
        Cross = 3,
        Deep = set.Name == "ml-1m" ? [128, 64] : [256, 128, 64],
        Dropout = 0.2,
        EmbeddingL2 = set.Name == "ml-1m" ? 1e-5 : 0,
        BatchRows = set.Name == "ml-1m" ? 4_096 : 1_024,
        Epochs = 20,
        Patience = 2,
        Threads = threads,
    };

    public string Name => "dcn";

    public string Peer => "torch";

    public string Settings => FormattableString.Invariant(
        $"embedding={_options.Embedding} cross={_options.Cross} deep={string.Join('-', _options.Deep)} dropout={_options.Dropout} embeddingL2={_options.EmbeddingL2} rate={_options.LearningRate} batch={_options.BatchRows} threads={threads}; seconds a pass");

    public Outcome Ours(TrainingTable train, TrainingTable validation, int seed)
    {
        var clock = Stopwatch.GetTimestamp();
        var trained = DcnTrainer.Train(train, _options with { Seed = seed }, validation);
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var scores = new float[set.Test.Rows];
        new DcnScorer(trained.Network).Score(set.Test.Features, set.Test.Rows, scores);
        return new Outcome(seconds / trained.Validation.Count, TestMetrics.Of(set.Test, scores), $"{trained.Epochs} passes") { Scores = scores };
    }

    public async Task<Outcome?> TheirsAsync(string folder, int seed)
    {
        var codes = set.Train.Categorical.Select(set.Codes);
        var result = await PythonPeer.RunAsync<PeerResult>(python, "dcn_torch.py", folder, threads,
            $"--width={set.Train.Width}", $"--categorical={string.Join(',', set.Train.Categorical)}", $"--codes={string.Join(',', codes)}",
            $"--embedding={_options.Embedding}", $"--cross={_options.Cross}", $"--deep={string.Join(',', _options.Deep)}",
            $"--dropout={_options.Dropout}", $"--l2={_options.L2}", $"--embl2={_options.EmbeddingL2}", $"--rate={_options.LearningRate}",
            $"--batch={_options.BatchRows}", $"--epochs={_options.Epochs}", $"--patience={_options.Patience}", $"--seed={seed}", $"--threads={threads}");
        return result is null
            ? null
            : new Outcome(result.Seconds / result.Epochs, TestMetrics.Of(set.Test, PythonPeer.Scores(folder)), $"{result.Version}, {result.Trees} passes") { Scores = PythonPeer.Scores(folder) };
    }
}
