namespace Recs.Engine.Ranking.Trees;

/// <summary>
/// One binary regression tree as parallel arrays. Inner node n sends a row left when its value is at most
/// <see cref="Threshold"/>[n] (or, for a node with categories, when its code is in the set). A child of 0 or more is an
/// inner node, a negative one is leaf ~child. Node 0 is the root; a tree of one leaf has no inner node. Immutable.
/// </summary>
public sealed class DecisionTree
{
    public required int[] Feature { get; init; }

    /// <summary>Ignored where <see cref="Categories"/> holds a set.</summary>
    public required float[] Threshold { get; init; }

    public required int[] Left { get; init; }

    public required int[] Right { get; init; }

    /// <summary>Where a missing value (NaN) goes.</summary>
    public required bool[] MissingLeft { get; init; }

    /// <summary>Weight of the training rows that reached the inner node; SHAP values condition on it.</summary>
    public required double[] Cover { get; init; }

    public required float[] LeafValue { get; init; }

    public required double[] LeafCover { get; init; }

    /// <summary>For each inner node the codes that go left, or null for a numeric split; null when no node has any.</summary>
    public CategorySet?[]? Categories { get; init; }

    public int Leaves => LeafValue.Length;

    public int Nodes => Feature.Length;

    /// <summary>Index of the leaf that a row ends in.</summary>
    public int LeafOf(ReadOnlySpan<float> row)
    {
        if (Nodes == 0)
            return 0;
        var node = 0;
        while (node >= 0)
            node = GoesLeft(node, row[Feature[node]]) ? Left[node] : Right[node];
        return ~node;
    }

    public bool GoesLeft(int node, float value)
    {
        if (float.IsNaN(value))
            return MissingLeft[node];
        return Categories?[node] is { } set ? set.Contains(value) : value <= Threshold[node];
    }

    /// <summary>Throws <see cref="InvalidDataException"/> unless every node is reached once and every number is legal.</summary>
    internal void Validate(int tree, int features)
    {
        var nodes = Nodes;
        if (Leaves != nodes + 1 || Left.Length != nodes || Right.Length != nodes || Threshold.Length != nodes
            || MissingLeft.Length != nodes || Cover.Length != nodes || LeafCover.Length != Leaves
            || Categories is not null && Categories.Length != nodes)
        {
            throw new InvalidDataException($"tree {tree}: {nodes} inner nodes, {Leaves} leaves and its other lists do not fit together.");
        }

        var reached = new bool[nodes + Leaves];
        for (var n = 0; n < nodes; n++)
        {
            if ((uint)Feature[n] >= (uint)features)
                throw new InvalidDataException($"tree {tree}: node {n} reads feature {Feature[n]}; there are {features}.");
            if (float.IsNaN(Threshold[n]))
                throw new InvalidDataException($"tree {tree}: the threshold of node {n} is not a number.");
            Reach(Left[n], n);
            Reach(Right[n], n);
        }

        foreach (var value in LeafValue)
        {
            if (!float.IsFinite(value))
                throw new InvalidDataException($"tree {tree}: a leaf holds {value}; legal is finite.");
        }

        void Reach(int child, int parent)
        {
            var at = child >= 0 ? child : nodes + ~child;
            // Children after their parents: no cycle is possible.
            if (child >= nodes || ~child >= Leaves || child >= 0 && child <= parent)
                throw new InvalidDataException($"tree {tree}: node {parent} has child {child}, which is out of order or range.");
            if (reached[at])
                throw new InvalidDataException($"tree {tree}: two nodes share child {child}.");
            reached[at] = true;
        }
    }
}

/// <summary>A set of category codes, 0 to 65,535. Immutable.</summary>
public sealed class CategorySet
{
    public const int MaxCode = 65_535;

    private readonly ulong[] _words;

    public CategorySet(IEnumerable<int> codes)
    {
        Codes = [.. codes.Order()];
        if (Codes.Count > 0 && (Codes[0] < 0 || Codes[^1] > MaxCode))
            throw new InvalidDataException($"category codes run from {Codes[0]} to {Codes[^1]}; legal is 0 to {MaxCode}.");
        _words = new ulong[Codes.Count == 0 ? 0 : Codes[^1] / 64 + 1];
        foreach (var code in Codes)
            _words[code >> 6] |= 1UL << (code & 63);
    }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<int> Codes { get; }

    /// <summary>False for what is no code: fractions, negatives, too large.</summary>
    public bool Contains(float value)
    {
        var code = (int)value;
        return code == value && (uint)(code >> 6) < (uint)_words.Length && (_words[code >> 6] >> (code & 63) & 1) != 0;
    }
}
