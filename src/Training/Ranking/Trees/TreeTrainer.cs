namespace Recs.Training.Ranking.Trees;

/// <param name="Ensemble">The trees up to the best one.</param>
/// <param name="Validation">The validation figure after each tree (cross entropy, or minus nDCG@10); empty without a validation table.</param>
public sealed record TrainedTrees(TreeEnsemble Ensemble, IReadOnlyList<double> Validation);

/// <summary>
/// Gradient boosting (Friedman 2001) of regression trees with second-order leaf values (Chen and Guestrin 2016) over
/// histograms (Ke et al. 2017). The result follows from table, options and seed alone, on any number of threads.
/// </summary>
public static class TreeTrainer
{
    /// <param name="table">Rows to learn from.</param>
    /// <param name="options">Settings.</param>
    /// <param name="validation">Rows that early stopping looks at, never learns from; may be null.</param>
    /// <param name="progress">Trees grown so far, and the validation figure.</param>
    /// <param name="cancellationToken">Stops between trees.</param>
    public static TrainedTrees Train(
        TrainingTable table, TreeOptions options, TrainingTable? validation = null, Action<int, double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options.Check();
        table.Check(options.Objective);
        validation?.Check(options.Objective);
        if (validation is not null && validation.Width != table.Width)
            throw new ArgumentException($"the validation rows have {validation.Width} columns, the others {table.Width}.", nameof(validation));

        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var binned = BinnedTable.Of(table, options.Bins, threads);
        var judged = validation is null ? null : new Judged(validation, Objective(validation, options));
        var objective = Objective(table, options);
        var gradients = new Gradients(table.Rows);
        var grower = new TreeGrower(binned, options, threads);
        var random = new Random(options.Seed);
        var sampler = new RowSampler(table, options);
        var scores = new double[table.Rows];
        var start = (float)objective.BaseScore;
        Array.Fill(scores, start);
        judged?.Start(start);

        var trees = new List<DecisionTree>();
        var figures = new List<double>();
        var best = (Trees: 0, Figure: double.PositiveInfinity);
        while (trees.Count < options.Trees)
        {
            cancellationToken.ThrowIfCancellationRequested();
            objective.Fill(scores, gradients);
            gradients.Pack();
            var rows = sampler.Draw(random);
            var tree = grower.Grow(gradients, rows, random);
            if (tree.Nodes == 0)
                break;
            trees.Add(tree);
            for (var leaf = 0; leaf < tree.Leaves; leaf++)
            {
                foreach (var row in grower.RowsOf(leaf))
                    scores[row] += tree.LeafValue[leaf];
            }

            foreach (var row in sampler.Left)
                scores[row] += tree.LeafValue[tree.LeafOf(table.Row(row))];
            if (judged is not null)
            {
                figures.Add(judged.Add(tree, threads));
                if (figures[^1] < best.Figure)
                    best = (trees.Count, figures[^1]);
                if (options.Patience > 0 && trees.Count - best.Trees >= options.Patience)
                    break;
            }

            progress?.Invoke(trees.Count, figures.Count > 0 ? figures[^1] : double.NaN);
        }

        if (options.Patience > 0 && judged is not null)
            trees.RemoveRange(best.Trees, trees.Count - best.Trees);
        return new TrainedTrees(new TreeEnsemble(table.Width, start, trees), figures);
    }

    private static ITreeObjective Objective(TrainingTable table, TreeOptions options) => options.Objective == TreeObjective.LambdaRank
        ? new LambdaRankObjective(table, options.Truncation)
        : new LogisticObjective(table);

    /// <summary>Scores of the validation rows, tree by tree.</summary>
    private sealed class Judged(TrainingTable table, ITreeObjective objective)
    {
        private readonly double[] _scores = new double[table.Rows];

        public void Start(double score) => Array.Fill(_scores, score);

        public double Add(DecisionTree tree, int threads)
        {
            const int Rows = 4_096;
            Parallel.For(0, (table.Rows + Rows - 1) / Rows, new ParallelOptions { MaxDegreeOfParallelism = threads }, chunk =>
            {
                for (var r = chunk * Rows; r < Math.Min(table.Rows, (chunk + 1) * Rows); r++)
                    _scores[r] += tree.LeafValue[tree.LeafOf(table.Row(r))];
            });
            return objective.Evaluate(_scores);
        }
    }
}
