using System.Numerics.Tensors;
using Recs.Engine.Sessions;
using Recs.Training.Evaluation;
using Recs.Training.Factorization;

namespace Recs.Training.OfflineModels;

/// <summary>
/// Implicit ALS; a query's vector is folded in exactly as a page's is (<see cref="FoldIn"/>).
/// </summary>
/// <param name="Rank">4 to 512.</param>
/// <param name="Epochs">1 or more.</param>
/// <param name="Alpha">Confidence of an observed entry over the unobserved weight.</param>
/// <param name="UnobservedWeight">Confidence of the rest.</param>
/// <param name="Lambda">Ridge.</param>
/// <param name="Exponent">Of the frequency in the ridge, 0 to 1.</param>
/// <param name="Recency">Steps back after which an item of the query's history counts 1/e; infinity for all alike.</param>
public sealed record AlsModel(
    int Rank = 64, int Epochs = 12, double Alpha = 1, double UnobservedWeight = 0.3, double Lambda = 0.025, double Exponent = 1,
    double Recency = double.PositiveInfinity) : IOfflineModel
{
    public IItemScorer Fit(Sequences train, FitContext context)
    {
        var matrix = MatrixOf(train);
        var als = new ImplicitAls(matrix, new AlsOptions(Rank, Alpha, UnobservedWeight, Lambda, Exponent)
        {
            Seed = context.Seed,
            Threads = context.Threads,
        }, context.CancellationToken);
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            als.UserStep();
            als.ItemStep();
            context.Progress?.Invoke(FormattableString.Invariant($"als epoch {epoch} of {Epochs}"));
        }

        return new Scorer(FactorsOf(als.ItemFactors(), matrix), Recency);
    }

    /// <summary>Runs x items, 1 where a run has the item.</summary>
    internal static FeedbackMatrix MatrixOf(Sequences train)
    {
        List<int> rows = [], columns = [];
        for (var r = 0; r < train.Count; r++)
        {
            foreach (var item in train.Of(r).ToArray().Distinct())
            {
                rows.Add(r);
                columns.Add(item);
            }
        }

        var ones = new float[rows.Count];
        Array.Fill(ones, 1f);
        return FeedbackMatrix.From(train.Count, train.ItemCount, rows.ToArray(), columns.ToArray(), ones);
    }

    private ItemFactors FactorsOf(float[] values, FeedbackMatrix matrix)
    {
        // Items that nobody has are no rows of a model: they would count in the ridge.
        var known = matrix.Indices.Distinct().Order().ToArray();
        var rowOfItem = new int[matrix.Columns];
        Array.Fill(rowOfItem, -1);
        var kept = new float[known.Length * Rank];
        for (var row = 0; row < known.Length; row++)
        {
            rowOfItem[known[row]] = row;
            values.AsSpan(known[row] * Rank, Rank).CopyTo(kept.AsSpan(row * Rank));
        }

        return new ItemFactors
        {
            Rank = Rank,
            ItemOfRow = known,
            RowOfItem = rowOfItem,
            Values = kept,
            Gramian = Gramian.Of(kept, known.Length, Rank),
            Alpha = Alpha,
            UnobservedWeight = UnobservedWeight,
            Lambda = Lambda,
            RegularizationExponent = Exponent,
        };
    }

    private sealed class Scorer(ItemFactors factors, double recency) : IItemScorer
    {
        public void Score(EvaluationQuery query, Span<float> scores)
        {
            scores.Fill(float.NegativeInfinity);
            var history = new Dictionary<int, HistoryEntry>();
            for (var h = 0; h < query.History.Length; h++)
            {
                var strength = (float)Math.Exp(-(query.History.Length - 1 - h) / recency);
                if (strength > 1e-6f)
                    history[query.History[h]] = new HistoryEntry(query.History[h], strength, h);
            }

            var vector = new double[factors.Rank];
            if (!FoldIn.Solve(factors, history.Values.ToArray(), vector))
                return;
            var single = Array.ConvertAll(vector, static v => (float)v);
            for (var row = 0; row < factors.Rows; row++)
                scores[factors.ItemOfRow[row]] = TensorPrimitives.Dot<float>(single, factors.Row(row));
        }
    }
}
