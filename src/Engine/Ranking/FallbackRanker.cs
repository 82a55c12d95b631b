namespace Recs.Engine.Ranking;

/// <summary>
/// The ranker before the first trained one: a logistic ranker whose weights were set by hand, not learnt. They order
/// by likeness to what the user liked, then by attention, and leave the rest at 0. Scores are not calibrated.
/// </summary>
public static class FallbackRanker
{
    public static LogisticRanker Instance { get; } = new(Parameters());

    private static LogisticRankerParameters Parameters()
    {
        var width = FeatureSchema.Width;
        var (means, scales, weights) = (new double[width], new double[width], new double[width]);
        Array.Fill(scales, 1);
        Set(Feature.AlsScore, 2);
        Set(Feature.AlsCosine, 1);
        Set(Feature.NeighbourScore, 4);
        Set(Feature.CategoryAffinity, 1);
        Set(Feature.TagAffinity, 1);
        Set(Feature.SameCategoryAsLast, 0.5);
        Set(Feature.ContentScore, 0.2);
        Set(Feature.PriceDistance, -0.1);
        Set(Feature.ItemLogBaseline, 0.2);
        Set(Feature.ItemLogPopularity, 0.1);
        Set(Feature.ItemTrend, 0.3);
        Set(Feature.ItemClickRate, 1);
        return LogisticRankerParameters.ForSchema(means, scales, weights, bias: -3);

        void Set(Feature feature, double weight) => weights[(int)feature] = weight;
    }
}
