namespace Recs.Bench.Harness;

/// <summary>Exact percentiles: the smallest sample that at least the share of all samples do not exceed.</summary>
internal static class Percentile
{
    public static long Of(ReadOnlySpan<long> sorted, double share) => sorted.IsEmpty
        ? throw new ArgumentException("There were no samples.")
        : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    public static double Milliseconds(ReadOnlySpan<long> sortedTicks, double share) =>
        Of(sortedTicks, share) * 1000.0 / Stopwatch.Frequency;

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
