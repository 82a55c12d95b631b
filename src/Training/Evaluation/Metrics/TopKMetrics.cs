namespace Recs.Training.Evaluation.Metrics;

/// <summary>What one list of at most k items is worth against the items that were relevant. All values are 0 to 1.</summary>
/// <param name="Precision">Relevant items listed, over k.</param>
/// <param name="Recall">Relevant items listed, over all relevant ones.</param>
/// <param name="AveragePrecision">Precision at each relevant place, summed, over all relevant items.</param>
/// <param name="Ndcg">Binary gains discounted by log2(place + 1), over the best order of min(k, relevant) items.</param>
/// <param name="ReciprocalRank">One over the place (from 1) of the first relevant item; 0 without one.</param>
/// <param name="Hit">1 when any listed item is relevant.</param>
public readonly record struct TopKMetrics(
    double Precision, double Recall, double AveragePrecision, double Ndcg, double ReciprocalRank, double Hit)
{
    /// <param name="list">Distinct items, best first; only the first <paramref name="k"/> count.</param>
    /// <param name="relevant">Distinct relevant items; all values are 0 when there are none.</param>
    /// <param name="k">1 or more. A shorter list is judged as if its other places were wrong.</param>
    public static TopKMetrics Of(ReadOnlySpan<int> list, IReadOnlySet<int> relevant, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (relevant.Count == 0)
            return default;
        var (hits, precisions, gain, first) = (0, 0.0, 0.0, 0);
        for (var place = 1; place <= Math.Min(k, list.Length); place++)
        {
            if (!relevant.Contains(list[place - 1]))
                continue;
            hits++;
            precisions += (double)hits / place;
            gain += 1 / Math.Log2(place + 1);
            first = first == 0 ? place : first;
        }

        var ideal = 0.0;
        for (var place = 1; place <= Math.Min(k, relevant.Count); place++)
            ideal += 1 / Math.Log2(place + 1);
        return new TopKMetrics(
            (double)hits / k, (double)hits / relevant.Count, precisions / relevant.Count, gain / ideal,
            first == 0 ? 0 : 1.0 / first, hits > 0 ? 1 : 0);
    }

    /// <summary>By name: precision, recall, map, ndcg, mrr, hr.</summary>
    public double this[string metric] => metric switch
    {
        "precision" => Precision,
        "recall" => Recall,
        "map" => AveragePrecision,
        "ndcg" => Ndcg,
        "mrr" => ReciprocalRank,
        "hr" => Hit,
        _ => throw RecommenderException.Invalid("metric", metric, string.Join(", ", Names)),
    };

    public static IReadOnlyList<string> Names { get; } = ["ndcg", "recall", "precision", "map", "mrr", "hr"];
}
