using System.Numerics.Tensors;
using Recs.Engine.Policies;

namespace Recs.Engine.Ranking.Shadow;

/// <summary>
/// How two models scored the candidates of one page. Says nothing of whose page it was, so that there is nothing in it to
/// forget.
/// </summary>
/// <param name="At">When the page was made, to the minute.</param>
/// <param name="Surface">Where it was shown.</param>
/// <param name="Serving">Version that made the page.</param>
/// <param name="Shadow">Version that looked on.</param>
/// <param name="Candidates">Candidates scored by both.</param>
/// <param name="RankCorrelation">Spearman's rho of the two orders, -1 to 1; 1 for a single candidate.</param>
/// <param name="TopOverlap">Share of the first ten (or of all, when fewer) that both have.</param>
/// <param name="MeanShift">Mean of shadow's less serving's score.</param>
/// <param name="ShiftDeviation">Standard deviation of the same over the candidates.</param>
/// <param name="ServingTop">First ten item ids of the serving model's order.</param>
/// <param name="ShadowTop">The same of the shadow's.</param>
public sealed record ShadowComparison(
    DateTimeOffset At, string Surface, string? Serving, string Shadow, int Candidates,
    double RankCorrelation, double TopOverlap, double MeanShift, double ShiftDeviation,
    IReadOnlyList<string> ServingTop, IReadOnlyList<string> ShadowTop)
{
    public const int Top = 10;
}

/// <summary>Distances of two score lists over the same items.</summary>
internal static class ScoreDistance
{
    /// <param name="items">Item numbers, which order equal scores.</param>
    /// <param name="served">One a candidate, at least one.</param>
    /// <param name="shadow">As many.</param>
    public static (double Correlation, double Overlap, double Mean, double Deviation, int[] ServedOrder, int[] ShadowOrder) Of(
        ReadOnlySpan<int> items, ReadOnlySpan<float> served, ReadOnlySpan<float> shadow)
    {
        var n = items.Length;
        var (one, other) = (CandidateOrder.BestFirst(served, items), CandidateOrder.BestFirst(shadow, items));
        var (rankOf, shifts) = (new int[n], new double[n]);
        for (var r = 0; r < n; r++)
            rankOf[one[r]] = r;
        double squares = 0;
        var top = Math.Min(ShadowComparison.Top, n);
        var both = 0;
        for (var r = 0; r < n; r++)
        {
            var d = (double)rankOf[other[r]] - r;
            squares += d * d;
            both += r < top && rankOf[other[r]] < top ? 1 : 0;
            shifts[r] = (double)shadow[r] - served[r];
        }

        var mean = TensorPrimitives.Sum<double>(shifts) / n;
        TensorPrimitives.Subtract(shifts, mean, shifts);
        // Spearman (1904): orders without ties.
        var correlation = n == 1 ? 1 : 1 - 6 * squares / ((double)n * ((double)n * n - 1));
        return (correlation, (double)both / top, mean, Math.Sqrt(TensorPrimitives.SumOfSquares<double>(shifts) / n), one, other);
    }
}
