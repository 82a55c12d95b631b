namespace Recs.Bench.Suites;

/// <summary>Speed at a recall that no setting hit exactly: read off between the two settings around it.</summary>
internal static class RecallCurve
{
    /// <summary>
    /// Speed at <paramref name="recall"/> by interpolating the logarithm of the speed over the logarithm of what is missed,
    /// along the settings that no other beats in both. Where all of them find more, the fastest; null where all find less.
    /// </summary>
    public static double? At(IEnumerable<(double Recall, double Speed)> points, double recall)
    {
        var best = new List<(double Recall, double Speed)>();
        foreach (var point in points.Where(p => p.Speed > 0).OrderByDescending(p => p.Recall).ThenByDescending(p => p.Speed))
        {
            if (best.Count == 0 || point.Speed > best[^1].Speed)
                best.Add(point);
        }

        // From the most recall and the least speed to the other end.
        var above = best.FindLastIndex(p => p.Recall >= recall);
        if (above < 0)
            return null;
        if (above == best.Count - 1)
            return best[above].Speed;
        var (more, less) = (best[above], best[above + 1]);
        var share = (Missed(recall) - Missed(less.Recall)) / (Missed(more.Recall) - Missed(less.Recall));
        return Math.Exp(Math.Log(less.Speed) + share * (Math.Log(more.Speed) - Math.Log(less.Speed)));

        static double Missed(double recall) => Math.Log(Math.Max(1e-4, 1 - recall));
    }
}
