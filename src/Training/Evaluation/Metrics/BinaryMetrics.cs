namespace Recs.Training.Evaluation.Metrics;

/// <summary>Metrics of scores or probabilities against yes or no.</summary>
public static class BinaryMetrics
{
    // A probability of exactly 0 or 1 that is wrong would cost infinity.
    private const double LeastProbability = 1e-15;

    /// <summary>Probability that a positive scores above a negative, ties counting half; NaN without one of each.</summary>
    public static double Auc(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        CheckLengths(scores, positive);
        var order = new int[scores.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var sorted = scores.ToArray();
        Array.Sort(sorted, order);
        double positives = 0, rankSum = 0;
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to < order.Length && sorted[to] == sorted[from])
                to++;
            // Ties share the mean of their ranks.
            var rank = (from + 1 + to) / 2.0;
            for (; from < to; from++)
            {
                if (!positive[order[from]])
                    continue;
                positives++;
                rankSum += rank;
            }
        }

        var negatives = scores.Length - positives;
        return positives == 0 || negatives == 0 ? double.NaN : (rankSum - positives * (positives + 1) / 2) / (positives * negatives);
    }

    /// <summary>Mean of -log p of what happened, natural logarithm; NaN without rows.</summary>
    /// <param name="probabilities">Of a positive, 0 to 1.</param>
    /// <param name="positive">What happened.</param>
    public static double LogLoss(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        CheckLengths(probabilities, positive);
        double sum = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            double p = positive[i] ? probabilities[i] : 1 - probabilities[i];
            if (!(p is >= 0 and <= 1))
                throw new ArgumentOutOfRangeException(nameof(probabilities), probabilities[i], $"row {i}; legal is 0 to 1");
            sum -= Math.Log(Math.Max(p, LeastProbability));
        }

        return sum / probabilities.Length;
    }

    /// <summary>Harmonic mean of precision and recall of the rows at or above the threshold; 0 when none of them is positive.</summary>
    public static double F1(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive, float threshold)
    {
        CheckLengths(scores, positive);
        var (found, chosen, all) = (0, 0, 0);
        for (var i = 0; i < scores.Length; i++)
        {
            chosen += scores[i] >= threshold ? 1 : 0;
            all += positive[i] ? 1 : 0;
            found += scores[i] >= threshold && positive[i] ? 1 : 0;
        }

        return found == 0 ? 0 : 2.0 * found / (chosen + all);
    }

    private static void CheckLengths(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        if (scores.Length != positive.Length)
            throw new ArgumentException($"There were {scores.Length} scores and {positive.Length} labels; legal is the same number.", nameof(scores));
    }
}
