namespace Recs.Engine.Retrieval;

/// <summary>
/// Attention now against what the baseline leads one to expect. A steady stream of r events per unit time has decayed
/// sums r h / ln 2, so a baseline B foretells a recent sum of B x short half-life / long half-life. Both counts are read
/// as of the newest event, so that the order of items does not depend on the clock.
/// </summary>
internal static class TrendScore
{
    // Two events of prior: one stray click is no trend.
    private const double Prior = 2;

    public static double Expected(double baseline, ItemCounterOptions options) =>
        baseline * (options.ShortHalfLife / options.LongHalfLife);

    /// <summary>log((recent + 2) / (expected + 2)): 0 for a steady item.</summary>
    public static float LogRatio(double recent, double baseline, ItemCounterOptions options) =>
        MathF.Log((float)((recent + Prior) / (Expected(baseline, options) + Prior)));

    /// <summary>
    /// (recent - expected) / sqrt(expected + 2): standard deviations above a Poisson stream at the baseline's rate.
    /// Weighs how sure the rise is, where the ratio would put every newcomer's first clicks on top.
    /// </summary>
    public static float Surprise(double recent, double baseline, ItemCounterOptions options)
    {
        var expected = Expected(baseline, options);
        return (float)((recent - expected) / Math.Sqrt(expected + Prior));
    }
}
