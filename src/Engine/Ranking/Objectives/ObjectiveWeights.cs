namespace Recs.Engine.Ranking.Objectives;

/// <summary>
/// What a page is ranked for: the worth of showing an item is
/// p(click) (Click + p(buy | click) (Purchase + Value x price)). Only the ratios of the three matter for the order.
/// </summary>
/// <param name="Click">Worth of a click. 0 to 1,000,000.</param>
/// <param name="Purchase">Worth of a purchase, whatever is bought. 0 to 1,000,000.</param>
/// <param name="Value">Worth of one unit of the price of what is bought; an item without a price has price 0. 0 to 1,000,000.</param>
public sealed record ObjectiveWeights(double Click, double Purchase, double Value)
{
    private const double Most = 1_000_000;

    /// <summary>No purchase enters it, so the order is that of the click scores themselves.</summary>
    public bool IsClickOnly => Purchase == 0 && Value == 0;

    internal void Check(int index)
    {
        Range("click", Click);
        Range("purchase", Purchase);
        Range("value", Value);
        if (Click + Purchase + Value == 0)
            throw RecommenderException.Invalid("click", Click, "above 0 where purchase and value are 0", index);

        void Range(string field, double weight)
        {
            if (!(weight is >= 0 and <= Most))
                throw RecommenderException.Invalid(field, weight, $"0 to {Most:0}", index);
        }
    }
}
