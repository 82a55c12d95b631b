namespace Recs.Training.Evaluation.Metrics;

/// <summary>Intervals and tests that assume nothing about how values are spread. Seeded: the same input gives the same numbers.</summary>
public static class Bootstrap
{
    public const int Resamples = 2_000;

    /// <summary>
    /// Percentile interval of the mean (Efron 1979). Values of one group are drawn together, for they are not
    /// independent: prefixes of one session, pages of one user.
    /// </summary>
    /// <param name="values">At least one.</param>
    /// <param name="groups">Group of each value; empty when each stands alone.</param>
    /// <param name="confidence">Above 0, below 1.</param>
    /// <param name="seed">Of the draws.</param>
    public static Interval MeanInterval(ReadOnlySpan<double> values, ReadOnlySpan<int> groups, double confidence = 0.95, int seed = 1)
    {
        var (sums, counts) = Grouped(values, groups);
        var random = new Random(seed);
        var means = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            double sum = 0, count = 0;
            for (var g = 0; g < sums.Length; g++)
            {
                var pick = random.Next(sums.Length);
                sum += sums[pick];
                count += counts[pick];
            }

            means[r] = sum / count;
        }

        Array.Sort(means);
        var tail = (1 - confidence) / 2;
        return new Interval(sums.Sum() / counts.Sum(), Quantile(means, tail), Quantile(means, 1 - tail));
    }

    /// <summary>
    /// Two-sided paired randomisation test (Fisher 1935): how often does the mean difference come out as large when each
    /// group's sign is tossed? From 1 / (resamples + 1) to 1.
    /// </summary>
    public static double PairedTest(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ReadOnlySpan<int> groups, int seed = 1)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"There were {first.Length} and {second.Length} values; legal is the same number.", nameof(second));
        var differences = new double[first.Length];
        for (var i = 0; i < differences.Length; i++)
            differences[i] = first[i] - second[i];
        var (sums, _) = Grouped(differences, groups);
        var observed = Math.Abs(sums.Sum());
        var random = new Random(seed);
        var asLarge = 0;
        for (var r = 0; r < Resamples; r++)
        {
            double sum = 0;
            foreach (var difference in sums)
                sum += random.Next(2) == 0 ? difference : -difference;
            // Sums in another order differ in their last bits.
            asLarge += Math.Abs(sum) >= observed - 1e-9 * Math.Max(1, observed) ? 1 : 0;
        }

        return (asLarge + 1.0) / (Resamples + 1);
    }

    private static (double[] Sums, double[] Counts) Grouped(ReadOnlySpan<double> values, ReadOnlySpan<int> groups)
    {
        if (values.Length == 0)
            throw new ArgumentException("There were no values; legal is at least 1.", nameof(values));
        if (groups.Length == 0)
            return (values.ToArray(), [.. Enumerable.Repeat(1.0, values.Length)]);
        if (groups.Length != values.Length)
            throw new ArgumentException($"There were {values.Length} values and {groups.Length} groups; legal is the same number.", nameof(groups));
        var at = new Dictionary<int, int>();
        List<double> sums = [], counts = [];
        for (var i = 0; i < values.Length; i++)
        {
            if (!at.TryGetValue(groups[i], out var g))
            {
                at.Add(groups[i], g = sums.Count);
                sums.Add(0);
                counts.Add(0);
            }

            sums[g] += values[i];
            counts[g]++;
        }

        return ([.. sums], [.. counts]);
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}

/// <param name="Mean">Of all values.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Mean, double Low, double High);
