using Recs.Training.Evaluation;
using Recs.Training.Linear;

namespace Recs.Training.OfflineModels;

/// <summary>EASE and its ordered kin: the sum of the history's item weights, the newest counting most.</summary>
/// <param name="Options">How the weights are solved.</param>
/// <param name="Recency">Steps back after which an item of the history counts 1/e; infinity for all alike.</param>
/// <param name="HistoryCap">Newest items of a history that are used.</param>
public sealed record LinearModel(LinearItemOptions Options, double Recency = double.PositiveInfinity, int HistoryCap = 4_096) : IOfflineModel
{
    public IItemScorer Fit(Sequences train, FitContext context) =>
        new WeightedItemsScorer(LinearItemModel.Fit(train, Options, context), Recency, HistoryCap, distinct: false);
}

/// <summary>Adds up the rows of item-to-item weights of a history. Thread-safe.</summary>
internal sealed class WeightedItemsScorer(ItemNeighbours weights, double recency, int cap, bool distinct) : IItemScorer
{
    public void Score(EvaluationQuery query, Span<float> scores)
    {
        scores.Clear();
        var history = query.History;
        for (var h = history.Length - 1; h >= Math.Max(0, history.Length - cap); h--)
        {
            var weight = (float)Math.Exp(-(history.Length - 1 - h) / recency);
            if (weight < 1e-6f)
                break;
            if (distinct && history.AsSpan(h + 1).Contains(history[h]))
                continue;
            var items = weights.Of(history[h]);
            var values = weights.ScoresOf(history[h]);
            for (var i = 0; i < items.Length; i++)
                scores[items[i]] += weight * values[i];
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] == 0)
                scores[i] = float.NegativeInfinity;
        }
    }
}
