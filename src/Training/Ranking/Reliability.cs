namespace Recs.Training.Ranking;

/// <summary>Whether probabilities came true: rows by predicted probability in bins of about equal weight.</summary>
internal static class Reliability
{
    private const int Bins = 10;

    public static ReliabilityBin[] Of(LabelledRows rows, IRanker ranker)
    {
        var (scores, order) = (new float[rows.Count], new int[rows.Count]);
        double total = 0;
        for (var r = 0; r < rows.Count; r++)
        {
            ranker.Score(rows.Row(r), 1, scores.AsSpan(r, 1));
            order[r] = r;
            total += rows.Weight(r);
        }

        var keys = (float[])scores.Clone();
        Array.Sort(keys, order);
        var bins = new List<ReliabilityBin>();
        double predicted = 0, observed = 0, weight = 0, passed = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var w = rows.Weight(order[i]);
            predicted += w * LogisticRanker.Probability(scores[order[i]]);
            observed += rows.IsPositive(order[i]) ? w : 0;
            weight += w;
            if (passed + weight < total * (bins.Count + 1) / Bins * (1 - 1e-9) && i + 1 < order.Length)
                continue;
            if (weight > 0)
                bins.Add(new ReliabilityBin(predicted / weight, observed / weight, weight));
            passed += weight;
            (predicted, observed, weight) = (0, 0, 0);
        }

        return [.. bins];
    }

    /// <summary>Expected calibration error: weighted mean distance of predicted and observed over the bins.</summary>
    public static double Error(IReadOnlyList<ReliabilityBin> bins) =>
        bins.Sum(b => b.Weight * Math.Abs(b.Predicted - b.Observed)) / bins.Sum(b => b.Weight);
}
