namespace Recs.Engine.Ranking.Shadow;

/// <summary>What the shadow model's pages came to since it became the shadow.</summary>
/// <param name="Model">Version that looks on.</param>
/// <param name="Pages">Pages compared.</param>
/// <param name="Dropped">Pages passed over because earlier ones were still being scored.</param>
/// <param name="RankCorrelation">Mean of Spearman's rho; 0 before the first page.</param>
/// <param name="TopOverlap">Mean share of the first ten on both.</param>
/// <param name="MeanShift">Mean of shadow's less serving's score.</param>
/// <param name="Problem">Why it does not score, when it does not.</param>
public sealed record ShadowFigures(
    string Model, long Pages, long Dropped, double RankCorrelation, double TopOverlap, double MeanShift, string? Problem)
{
    /// <summary>Of several processes under one shadow; pages weigh.</summary>
    public static ShadowFigures? Sum(IEnumerable<ShadowFigures?> parts)
    {
        ShadowFigures? sum = null;
        foreach (var part in parts)
        {
            if (part is null)
                continue;
            if (sum is null)
            {
                sum = part;
                continue;
            }

            var (a, b) = ((double)sum.Pages, (double)part.Pages);
            double Mean(double x, double y) => a + b == 0 ? 0 : (x * a + y * b) / (a + b);
            sum = sum with
            {
                Pages = sum.Pages + part.Pages,
                Dropped = sum.Dropped + part.Dropped,
                RankCorrelation = Mean(sum.RankCorrelation, part.RankCorrelation),
                TopOverlap = Mean(sum.TopOverlap, part.TopOverlap),
                MeanShift = Mean(sum.MeanShift, part.MeanShift),
                Problem = sum.Problem ?? part.Problem,
            };
        }

        return sum;
    }
}
