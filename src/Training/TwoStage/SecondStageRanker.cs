using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking.Trees;

namespace Recs.Training.TwoStage;

/// <summary>Orders candidate rows. Immutable and thread-safe.</summary>
internal sealed class SecondStageRanker(ChoiceModel choice, TreeEnsemble? trees)
{
    /// <summary>Weights of the linear part, for people.</summary>
    public ChoiceModel Choice => choice;

    public int Trees => trees?.Trees.Count ?? 0;

    public float Score(ReadOnlySpan<float> row)
    {
        var linear = choice.Score(row);
        if (trees is null)
            return linear;
        Span<float> wide = stackalloc float[row.Length + 1];
        row.CopyTo(wide);
        wide[^1] = linear;
        return trees.Score(wide);
    }

    /// <param name="table">Candidate rows.</param>
    /// <param name="parts">Parts that the rows are of.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="seed">Of the split and the trees.</param>
    /// <param name="threads">All cores when 0.</param>
    /// <param name="cancellationToken">Stops between trees.</param>
    public static SecondStageRanker Learn(
        TrainingTable table, int parts, TwoStageOptions options, int seed, int threads, CancellationToken cancellationToken)
    {
        // The raw scores differ in size from query to query: a sum takes them standardised only.
        var linear = Enumerable.Range(0, table.Width).Select(f => f >= parts * CandidateTable.PerPart || f % CandidateTable.PerPart < 2).ToArray();
        if (options.Ranker == SecondStage.Linear)
            return new SecondStageRanker(ChoiceModel.Fit(table, linear, options.Ridge, options.Ascent), null);

        var order = Enumerable.Range(0, table.QuerySizes!.Length).ToArray();
        new Random(seed).Shuffle(order);
        var stopping = order.Take((int)(order.Length * options.StoppingShare)).ToHashSet();
        var (learned, held) = (Queries(table, q => !stopping.Contains(q)), Queries(table, stopping.Contains));
        var choice = ChoiceModel.Fit(learned, linear, options.Ridge, options.Ascent);
        var trained = TreeTrainer.Train(
            Widened(learned, choice),
            new TreeOptions
            {
                Objective = TreeObjective.LambdaRank,
                Trees = options.Trees,
                Leaves = options.Leaves,
                LearningRate = options.LearningRate,
                MinRows = 50,
                FeatureShare = 0.7,
                RowShare = 0.7,
                L2 = 5,
                Patience = 60,
                Seed = seed,
                Threads = threads,
            },
            Widened(held, choice), cancellationToken: cancellationToken);
        return new SecondStageRanker(choice, trained.Ensemble);
    }

    private static TrainingTable Queries(TrainingTable table, Func<int, bool> taken)
    {
        List<float> features = [], labels = [];
        List<int> sizes = [];
        var first = 0;
        for (var q = 0; q < table.QuerySizes!.Length; first += table.QuerySizes[q++])
        {
            if (!taken(q))
                continue;
            var size = table.QuerySizes[q];
            features.AddRange(table.Features.AsSpan(first * table.Width, size * table.Width));
            labels.AddRange(table.Labels.AsSpan(first, size));
            sizes.Add(size);
        }

        return new TrainingTable { Width = table.Width, Features = [.. features], Labels = [.. labels], QuerySizes = [.. sizes] };
    }

    private static TrainingTable Widened(TrainingTable table, ChoiceModel choice)
    {
        var width = table.Width + 1;
        var features = new float[table.Rows * width];
        for (var r = 0; r < table.Rows; r++)
        {
            table.Row(r).CopyTo(features.AsSpan(r * width));
            features[r * width + table.Width] = choice.Score(table.Row(r));
        }

        return new TrainingTable { Width = width, Features = features, Labels = table.Labels, QuerySizes = table.QuerySizes };
    }
}
