namespace Recs.Engine.Ranking.Objectives;

/// <summary>The factors of mixed scores, by candidate.</summary>
/// <param name="Weights">What was asked for.</param>
/// <param name="ClickScores">Log-odds of a click.</param>
/// <param name="ConversionScores">Log-odds of a purchase, given a click.</param>
/// <param name="Prices">0 for an item without one.</param>
public sealed record MixedFactors(ObjectiveWeights Weights, float[] ClickScores, float[] ConversionScores, double[] Prices);

/// <summary>Puts click, purchase and value together. Stateless and thread-safe.</summary>
public static class ObjectiveMixer
{
    // The logarithm of nothing: below every worth that weights of the legal range can make.
    private const double LeastWorth = 1e-30;

    /// <summary>
    /// Logarithm of p(click) (Click + p(buy | click) (Purchase + Value price)), so that what multiplies the worth adds to it.
    /// </summary>
    /// <param name="weights">The worth of each.</param>
    /// <param name="click">Log-odds of a click.</param>
    /// <param name="conversion">Log-odds of a purchase, given a click.</param>
    /// <param name="price">0 or more.</param>
    public static double Score(ObjectiveWeights weights, double click, double conversion, double price)
    {
        var worth = weights.Click + LogisticRanker.Probability(conversion) * (weights.Purchase + weights.Value * price);
        return LogProbability(click) + Math.Log(Math.Max(worth, LeastWorth));
    }

    /// <summary>Turns click scores into mixed ones, in place; the factors come back for the explanation.</summary>
    /// <param name="request">The page; its model has a conversion ranker.</param>
    /// <param name="weights">The worth of each.</param>
    /// <param name="catalog">Where prices are.</param>
    /// <param name="features">The candidates' rows.</param>
    /// <param name="scores">Log-odds of a click; afterwards the mixed scores.</param>
    internal static MixedFactors Mix(
        RankingRequest request, ObjectiveWeights weights, ItemCatalog catalog, ReadOnlySpan<float> features, Span<float> scores)
    {
        var count = request.Candidates.Count;
        var (conversion, prices) = (new float[count], new double[count]);
        request.Model.Conversion!.Score(features, count, conversion);
        var clicks = scores[..count].ToArray();
        for (var c = 0; c < count; c++)
        {
            prices[c] = catalog.Get(request.Candidates.Items[c])?.Item.Price ?? 0;
            scores[c] = (float)Score(weights, clicks[c], conversion[c], prices[c]);
        }

        return new MixedFactors(weights, clicks, conversion, prices);
    }

    /// <summary>log(1 / (1 + e^-x)) without overflow.</summary>
    private static double LogProbability(double logOdds) => Math.Min(logOdds, 0) - Math.Log(1 + Math.Exp(-Math.Abs(logOdds)));
}
