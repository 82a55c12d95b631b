using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;
using Recs.Training.Ranking.Trees;

namespace Recs.Training.TwoStage;

/// <summary>
/// Candidates of several models, ordered by a ranker that is learned on the validation split: the parts are first fitted
/// on that split's training runs, the ranker on its queries; then the parts are fitted on everything. Evaluated on the
/// validation split itself, each query is ordered by a ranker that has not seen its group.
/// </summary>
/// <param name="Parts">At least one.</param>
/// <param name="Options">Of the second stage.</param>
public sealed record TwoStageModel(IReadOnlyList<ModelSpec> Parts, TwoStageOptions Options) : IOfflineModel
{
    private const int Folds = 3;

    public IItemScorer Fit(Sequences train, FitContext context)
    {
        var validation = context.Validation
            ?? throw new InvalidOperationException("A two-stage model learns its ranker on a validation split, and there is none.");
        var inner = FitParts(validation.Train, context);
        var attention = new ItemAttention(validation.Train);
        var drawn = Drawn(validation, context.Seed);
        context.Progress?.Invoke($"learning to rank on {drawn.Length} queries");
        var crossed = ReferenceEquals(train, validation.Train);
        var rankers = new SecondStageRanker[crossed ? Folds : 1];
        for (var fold = 0; fold < rankers.Length; fold++)
        {
            var taught = crossed ? drawn.Where(q => FoldOf(validation.Queries[q]) != fold).ToArray() : drawn;
            var table = TableOf(validation, inner, attention, taught, context);
            rankers[fold] = SecondStageRanker.Learn(table, Parts.Count, Options, context.Seed, context.Threads, context.CancellationToken);
            context.Progress?.Invoke($"ranker of {rankers[fold].Trees} trees over {string.Join(' ', rankers[fold].Choice.Weights.Select(w => w.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)))}");
        }

        if (crossed)
            return new Scorer(validation, inner, attention, Options.Candidates, q => rankers[FoldOf(q)]);
        return new Scorer(validation, FitParts(train, context), new ItemAttention(train), Options.Candidates, _ => rankers[0]);
    }

    private static int FoldOf(EvaluationQuery query) => query.Group % Folds;

    private IItemScorer[] FitParts(Sequences train, FitContext context) => [.. Parts.Select(part =>
    {
        context.Progress?.Invoke($"fitting {part}");
        return part.Create().Fit(train, context);
    })];

    private int[] Drawn(EvaluationTask validation, int seed)
    {
        var order = Enumerable.Range(0, validation.Queries.Count).ToArray();
        if (order.Length > Options.MaxQueries)
        {
            new Random(seed).Shuffle(order);
            order = [.. order.Take(Options.MaxQueries).Order()];
        }

        return order;
    }

    private TrainingTable TableOf(EvaluationTask task, IItemScorer[] parts, ItemAttention attention, int[] queries, FitContext context)
    {
        var made = new (float[] Features, float[] Labels)[queries.Length];
        Parallel.For(0, queries.Length, context.Parallel, () => new CandidateTable(parts, task.Train.ItemCount, Options.Candidates, attention), (n, _, table) =>
        {
            var query = task.Queries[queries[n]];
            table.Fill(task, query);
            made[n] = (table.Rows[..(table.Items.Count * table.Width)],
                [.. table.Items.Select(item => query.Relevant.Contains(item) ? 1f : 0f)]);
            return table;
        }, static _ => { });
        // A query none of whose candidates is right teaches no order.
        var taught = made.Where(static m => m.Labels.Contains(1f)).ToArray();
        return new TrainingTable
        {
            Width = CandidateTable.WidthOf(parts.Length),
            Features = [.. taught.SelectMany(static m => m.Features)],
            Labels = [.. taught.SelectMany(static m => m.Labels)],
            QuerySizes = [.. taught.Select(static m => m.Labels.Length)],
        };
    }

    private sealed class Scorer(
        EvaluationTask task, IItemScorer[] parts, ItemAttention attention, int candidates, Func<EvaluationQuery, SecondStageRanker> rankerOf) : IItemScorer
    {
        private readonly ThreadLocal<CandidateTable> _tables = new(() => new CandidateTable(parts, task.Train.ItemCount, candidates, attention));

        public void Score(EvaluationQuery query, Span<float> scores)
        {
            var table = _tables.Value!;
            table.Fill(task, query);
            scores.Fill(float.NegativeInfinity);
            var ranker = rankerOf(query);
            for (var c = 0; c < table.Items.Count; c++)
                scores[table.Items[c]] = ranker.Score(table.Rows.AsSpan(c * table.Width, table.Width));
        }
    }
}
