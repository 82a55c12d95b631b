using Recs.Training.Ranking.Trees;

namespace Recs.Training.Ranking.Deep;

/// <param name="Network">The network after the best pass.</param>
/// <param name="Epochs">Passes up to it.</param>
/// <param name="Validation">Cross entropy of the validation rows after each pass; empty without any.</param>
public sealed record TrainedDcn(DcnNetwork Network, int Epochs, IReadOnlyList<double> Validation);

/// <summary>
/// Trains a deep and cross network by Adam on weighted cross entropy. A batch is always worked on in two halves, so the
/// result follows from table, options and seed alone, on any number of threads.
/// </summary>
public static class DcnTrainer
{
    private const int Parts = 2;

    /// <param name="table">Rows to learn from; columns listed as categorical get embeddings.</param>
    /// <param name="options">Settings.</param>
    /// <param name="validation">Rows that early stopping looks at, never learns from; may be null.</param>
    /// <param name="progress">Passes done, and the validation loss.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static TrainedDcn Train(
        TrainingTable table, DcnOptions options, TrainingTable? validation = null, Action<int, double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options.Check();
        table.Check(TreeObjective.Logistic);
        validation?.Check(TreeObjective.Logistic);
        if (validation is not null && validation.Width != table.Width)
            throw new ArgumentException($"the validation rows have {validation.Width} columns, the others {table.Width}.", nameof(validation));
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        var first = DcnInputs.FirstNetwork(table, options);
        var layout = first.Layout;
        var parameters = (float[])first.Parameters.Clone();
        var inputs = DcnInputs.Of(table, first, parallel);
        var judged = validation is null ? null : DcnInputs.Of(validation, first, parallel);
        var passes = Enumerable.Range(0, Parts).Select(_ => new DcnPass(layout, (options.BatchRows + Parts - 1) / Parts)).ToArray();
        var adam = new Adam(layout.Length, options.LearningRate);
        var penalties = layout.All.Select(m => (m.Start, m.Length, PenaltyOf(m, layout, options))).ToArray();
        var order = Enumerable.Range(0, table.Rows).ToArray();
        var random = new Random(options.Seed);
        var losses = new List<double>();
        var (best, bestLoss, bestEpoch) = (parameters, double.PositiveInfinity, 0);
        ulong step = 0;
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            random.Shuffle(order);
            for (var start = 0; start < order.Length; start += options.BatchRows, step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var rows = order.AsMemory(start, Math.Min(options.BatchRows, order.Length - start));
                var half = (rows.Length + 1) / Parts;
                var total = 0f;
                foreach (var row in rows.Span)
                    total += table.WeightOf(row);
                if (total <= 0)
                    continue;
                var seed = ((ulong)(uint)options.Seed << 40) + step * 64;
                Parallel.For(0, Parts, parallel, p =>
                {
                    var mine = rows.Span[(p * half)..Math.Min(rows.Length, (p + 1) * half)];
                    var slopes = new float[mine.Length];
                    passes[p].Forward(parameters, inputs, mine, options.Dropout, seed + (ulong)p * 32);
                    for (var i = 0; i < slopes.Length; i++)
                        slopes[i] = table.WeightOf(mine[i]) / total * (1 / (1 + MathF.Exp(-passes[p].Logits[i])) - table.Labels[mine[i]]);
                    passes[p].Backward(parameters, inputs, mine, slopes, options.Dropout);
                });
                adam.Step(parameters, passes[0].Gradient, passes[1].Gradient, penalties, parallel);
            }

            if (validation is null)
            {
                (best, bestEpoch) = (parameters, epoch);
                progress?.Invoke(epoch, double.NaN);
                continue;
            }

            losses.Add(Loss(parameters, validation, judged!, passes, parallel));
            progress?.Invoke(epoch, losses[^1]);
            if (losses[^1] < bestLoss)
                (best, bestLoss, bestEpoch) = ((float[])parameters.Clone(), losses[^1], epoch);
            if (options.Patience > 0 && epoch - bestEpoch >= options.Patience)
                break;
        }

        if (validation is not null && bestEpoch == 0)
            throw new InvalidDataException("the network diverged: its validation loss was never a number. Lower the learning rate, or look for values that are not finite.");
        return new TrainedDcn(new DcnNetwork(first.Shape, first.Means, first.InverseScales, best), bestEpoch, losses);
    }

    private static float PenaltyOf(DcnMatrix matrix, DcnLayout layout, DcnOptions options) =>
        Array.IndexOf(layout.Embeddings, matrix) >= 0 ? (float)options.EmbeddingL2 : matrix.IsBias ? 0 : (float)options.L2;

    private static double Loss(float[] parameters, TrainingTable table, DcnInputs inputs, DcnPass[] passes, ParallelOptions parallel)
    {
        var rows = Enumerable.Range(0, table.Rows).ToArray();
        var (losses, weights) = (new double[Parts], new double[Parts]);
        var half = (rows.Length + Parts - 1) / Parts;
        Parallel.For(0, Parts, parallel, p =>
        {
            const int Rows = 512;
            var pass = passes[p];
            var end = Math.Min(rows.Length, (p + 1) * half);
            for (var start = p * half; start < end; start += Math.Min(Rows, pass.MaxRows))
            {
                var mine = rows.AsSpan(start, Math.Min(Math.Min(Rows, pass.MaxRows), end - start));
                pass.Forward(parameters, inputs, mine, 0, 0);
                for (var i = 0; i < mine.Length; i++)
                {
                    double weight = table.WeightOf(mine[i]), logit = pass.Logits[i];
                    losses[p] += weight * (LogisticRegression.Softplus(logit) - table.Labels[mine[i]] * logit);
                    weights[p] += weight;
                }
            }
        });
        return losses.Sum() / weights.Sum();
    }
}
