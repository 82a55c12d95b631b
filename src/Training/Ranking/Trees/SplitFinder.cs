using System.Runtime.Intrinsics;

namespace Recs.Training.Ranking.Trees;

/// <summary>A split of one leaf. Gain 0 and feature -1 when there is none.</summary>
internal struct Split
{
    public static readonly Split None = new() { Feature = -1 };

    public double Gain;
    public int Feature;

    /// <summary>Numbers: bins up to this one go left.</summary>
    public int Bin;

    /// <summary>Categories: the bins that go left; null for numbers.</summary>
    public byte[]? Left;

    public bool MissingLeft;
    public int LeftRows;
}

/// <summary>Sums over the rows of a leaf, in units of <see cref="Gradients"/>.</summary>
internal readonly record struct LeafSums(long First, long Second, int Rows);

/// <summary>
/// The best split of a leaf on one feature by its histogram. The gain is that of the second-order expansion of the loss
/// (Chen and Guestrin 2016, eq. 7, without the half): GL^2/(HL + l) + GR^2/(HR + l) - G^2/(H + l). Used by one thread at
/// a time.
/// </summary>
internal sealed class SplitFinder(TreeOptions options)
{
    private readonly double[] _ratio = new double[256];
    private readonly byte[] _order = new byte[256];

    private double _firstUnit, _secondUnit;

    public void Use(Gradients gradients) => (_firstUnit, _secondUnit) = (gradients.FirstUnit, gradients.SecondUnit);

    public Split Best(FeatureBins bins, int feature, ReadOnlySpan<Vector128<int>> slots, LeafSums sums)
    {
        if (sums.Rows < 2 * options.MinRows)
            return Split.None;
        return bins.IsCategorical ? BestOfCategories(bins, feature, slots, sums) : BestOfNumbers(bins, feature, slots, sums);
    }

    private Split BestOfNumbers(FeatureBins bins, int feature, ReadOnlySpan<Vector128<int>> slots, LeafSums sums)
    {
        var missing = slots[bins.Count];
        var best = Split.None;
        best.Gain = options.MinGain;
        // Where nothing is missing here, what is missing later follows the more rows.
        Scan(slots, Vector128<int>.Zero, bins.Count - (missing[2] > 0 ? 0 : 1), sums, feature, missingLeft: false, ref best);
        if (missing[2] > 0)
            Scan(slots, missing, bins.Count - 1, sums, feature, missingLeft: true, ref best);
        else if (best.Feature >= 0)
            best.MissingLeft = best.LeftRows * 2 >= sums.Rows;
        return best;
    }

    private void Scan(
        ReadOnlySpan<Vector128<int>> slots, Vector128<int> left, int end, LeafSums sums, int feature, bool missingLeft, ref Split best)
    {
        var parent = Score(sums.First * _firstUnit, sums.Second * _secondUnit, options.L2);
        for (var b = 0; b < end; b++)
        {
            var slot = slots[b];
            var rowsHere = slot[2];
            if (rowsHere == 0)
                continue;
            left += slot;
            var rows = left[2];
            if (rows < options.MinRows)
                continue;
            if (sums.Rows - rows < options.MinRows)
                break;
            var (g, h) = (left[0] * _firstUnit, left[1] * _secondUnit);
            var (gr, hr) = ((sums.First - left[0]) * _firstUnit, (sums.Second - left[1]) * _secondUnit);
            if (h < options.MinHessian || hr < options.MinHessian)
                continue;
            var gain = Score(g, h, options.L2) + Score(gr, hr, options.L2) - parent;
            if (gain > best.Gain)
                best = new Split { Gain = gain, Feature = feature, Bin = b, MissingLeft = missingLeft, LeftRows = rows };
        }
    }

    // Fisher (1958): for a convex loss the best set is a run of the categories in the order of their mean response.
    private Split BestOfCategories(FeatureBins bins, int feature, ReadOnlySpan<Vector128<int>> slots, LeafSums sums)
    {
        var used = 0;
        // Rare and unknown codes share the last bin and, with what is missing, always go right.
        for (var b = 0; b + 1 < bins.Count; b++)
        {
            if (slots[b][2] == 0)
                continue;
            _ratio[used] = slots[b][0] * _firstUnit / (slots[b][1] * _secondUnit + options.CategorySmoothing + 1e-12);
            _order[used++] = (byte)b;
        }

        Array.Sort(_ratio, _order, 0, used);
        var best = Split.None;
        best.Gain = options.MinGain;
        var l2 = options.L2 + options.CategoryL2;
        var parent = Score(sums.First * _firstUnit, sums.Second * _secondUnit, options.L2);
        for (var direction = 0; direction < 2; direction++)
        {
            var left = Vector128<int>.Zero;
            for (var taken = 1; taken <= Math.Min(used, options.MaxCategories); taken++)
            {
                left += slots[_order[direction == 0 ? taken - 1 : used - taken]];
                var rows = left[2];
                if (rows < options.MinRows)
                    continue;
                if (sums.Rows - rows < options.MinRows)
                    break;
                var (g, h) = (left[0] * _firstUnit, left[1] * _secondUnit);
                var (gr, hr) = ((sums.First - left[0]) * _firstUnit, (sums.Second - left[1]) * _secondUnit);
                if (h < options.MinHessian || hr < options.MinHessian)
                    continue;
                var gain = Score(g, h, l2) + Score(gr, hr, l2) - parent;
                if (gain > best.Gain)
                {
                    best = new Split { Gain = gain, Feature = feature, Bin = direction == 0 ? taken : -taken, LeftRows = rows };
                }
            }
        }

        if (best.Feature >= 0)
            best.Left = best.Bin > 0 ? _order[..best.Bin] : _order[(used + best.Bin)..used];
        return best;
    }

    private static double Score(double first, double second, double l2) => first * first / (second + l2 + 1e-16);
}
