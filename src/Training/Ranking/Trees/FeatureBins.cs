namespace Recs.Training.Ranking.Trees;

/// <summary>
/// How one feature's values are put in bins 0 to <see cref="Count"/> - 1, with bin <see cref="Count"/> for missing ones.
/// Numbers: bin b holds values at most <see cref="UpperBounds"/>[b] and above the bound before. Categories: each
/// frequent code has a bin, the rest share the last. Immutable.
/// </summary>
internal sealed class FeatureBins
{
    private readonly Dictionary<int, byte>? _binOfCode;

    private FeatureBins(float[] upperBounds)
    {
        UpperBounds = upperBounds;
        Codes = [];
        Count = upperBounds.Length;
    }

    private FeatureBins(int[] codes)
    {
        UpperBounds = [];
        Codes = codes;
        Count = codes.Length + 1;
        _binOfCode = new Dictionary<int, byte>(codes.Length);
        for (var b = 0; b < codes.Length; b++)
            _binOfCode[codes[b]] = (byte)b;
    }

    public int Count { get; }

    /// <summary>Ascending; the last is infinite.</summary>
    public float[] UpperBounds { get; }

    /// <summary>The code of each category bin but the last, most frequent first; empty for numbers.</summary>
    public int[] Codes { get; }

    public bool IsCategorical => _binOfCode is not null;

    public byte BinOf(float value)
    {
        if (float.IsNaN(value))
            return (byte)Count;
        if (_binOfCode is not null)
            return (int)value == value && _binOfCode.TryGetValue((int)value, out var bin) ? bin : (byte)(Count - 1);
        int low = 0, high = Count - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (value <= UpperBounds[middle])
                high = middle;
            else
                low = middle + 1;
        }

        return (byte)low;
    }

    /// <summary>Bins of a numeric column: one a value while there are few, else of about equal numbers of rows.</summary>
    /// <param name="values">The column or a sample; sorted here, missing values ignored.</param>
    /// <param name="maxBins">2 to 253.</param>
    public static FeatureBins OfNumbers(float[] values, int maxBins)
    {
        var sorted = values.Where(v => !float.IsNaN(v)).ToArray();
        Array.Sort(sorted);
        var (distinct, counts) = Distinct(sorted);
        var bounds = new List<float>();
        if (distinct.Count <= maxBins)
        {
            for (var i = 0; i + 1 < distinct.Count; i++)
                bounds.Add(Between(distinct[i], distinct[i + 1]));
        }
        else
        {
            // A value that fills a bin alone leaves fewer rows to share among the others.
            double left = sorted.Length;
            var bins = maxBins;
            double inBin = 0;
            for (var i = 0; i + 1 < distinct.Count && bounds.Count < maxBins - 1; i++)
            {
                inBin += counts[i];
                var target = left / bins;
                if (inBin < target && inBin + counts[i + 1] / 2.0 < target)
                    continue;
                bounds.Add(Between(distinct[i], distinct[i + 1]));
                left -= inBin;
                bins--;
                inBin = 0;
            }
        }

        bounds.Add(float.PositiveInfinity);
        return new FeatureBins([.. bounds]);
    }

    /// <summary>Bins of a category column: the most frequent codes, ties by code.</summary>
    public static FeatureBins OfCategories(float[] values, int maxBins)
    {
        var counts = new Dictionary<int, int>();
        foreach (var value in values)
        {
            if ((int)value == value && value is >= 0 and <= CategorySet.MaxCode)
                counts[(int)value] = counts.GetValueOrDefault((int)value) + 1;
        }

        return new FeatureBins([.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(maxBins - 1).Select(c => c.Key)]);
    }

    private static (List<float> Values, List<int> Counts) Distinct(float[] sorted)
    {
        var (values, counts) = (new List<float>(), new List<int>());
        foreach (var value in sorted)
        {
            if (values.Count > 0 && values[^1] == value)
            {
                counts[^1]++;
                continue;
            }

            values.Add(value);
            counts.Add(1);
        }

        return (values, counts);
    }

    /// <summary>A float m with low at most m and m below high.</summary>
    private static float Between(float low, float high)
    {
        var middle = (float)(((double)low + high) / 2);
        return middle >= low && middle < high ? middle : low;
    }
}
