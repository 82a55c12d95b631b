namespace Recs.Training.Ranking.Trees;

/// <summary>The inner nodes of a tree while it grows. A node comes after its parent.</summary>
internal sealed class TreeNodes
{
    private readonly List<Split> _splits = [];
    private readonly List<int> _left = [];
    private readonly List<int> _right = [];
    private readonly List<double> _cover = [];

    public int Add(int parent, bool isLeft, Split split, double cover)
    {
        var node = _splits.Count;
        Attach(parent, isLeft, node);
        _splits.Add(split);
        _cover.Add(cover);
        _left.Add(0);
        _right.Add(0);
        return node;
    }

    public void Attach(int parent, bool isLeft, int child)
    {
        if (parent >= 0)
            (isLeft ? _left : _right)[parent] = child;
    }

    /// <summary>For each bin 1 when it goes right, else 0.</summary>
    public static void Sides(FeatureBins bins, Split split, Span<byte> goesRight)
    {
        for (var b = 0; b < bins.Count; b++)
            goesRight[b] = (byte)(split.Left is null ? b <= split.Bin ? 0 : 1 : 1);
        foreach (var b in split.Left ?? [])
            goesRight[b] = 0;
        goesRight[bins.Count] = (byte)(split.MissingLeft ? 0 : 1);
    }

    public DecisionTree ToTree(BinnedTable table, int leaves, Func<int, float> value, Func<int, double> cover)
    {
        var (features, thresholds, missing) = (new int[_splits.Count], new float[_splits.Count], new bool[_splits.Count]);
        CategorySet?[]? categories = null;
        for (var n = 0; n < features.Length; n++)
        {
            var split = _splits[n];
            var bins = table.Features[split.Feature];
            features[n] = split.Feature;
            missing[n] = split.MissingLeft;
            if (split.Left is null)
                thresholds[n] = bins.UpperBounds[split.Bin];
            else
                (categories ??= new CategorySet?[features.Length])[n] = new CategorySet(split.Left.Select(b => bins.Codes[b]));
        }

        return new DecisionTree
        {
            Feature = features,
            Threshold = thresholds,
            Left = [.. _left],
            Right = [.. _right],
            MissingLeft = missing,
            Cover = [.. _cover],
            LeafValue = [.. Enumerable.Range(0, leaves).Select(value)],
            LeafCover = [.. Enumerable.Range(0, leaves).Select(cover)],
            Categories = categories,
        };
    }
}
