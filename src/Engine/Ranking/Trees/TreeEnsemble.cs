namespace Recs.Engine.Ranking.Trees;

/// <summary>
/// A sum of regression trees: score(x) = Base + sum over trees of the value of x's leaf, added up in float in the order
/// of the trees. For a classifier the score is the log-odds of a positive response. Immutable and thread-safe.
/// </summary>
public sealed class TreeEnsemble
{
    /// <summary>Bounds that keep a hostile file from being costly.</summary>
    public const int MaxTrees = 10_000, MaxLeaves = 16_384;

    /// <exception cref="InvalidDataException">The trees are malformed.</exception>
    public TreeEnsemble(int features, float baseScore, IReadOnlyList<DecisionTree> trees)
    {
        if (trees.Count > MaxTrees)
            throw new InvalidDataException($"an ensemble of {trees.Count} trees; legal is up to {MaxTrees}.");
        if (!float.IsFinite(baseScore))
            throw new InvalidDataException($"the base score is {baseScore}; legal is finite.");
        for (var t = 0; t < trees.Count; t++)
        {
            if (trees[t].Leaves is < 1 or > MaxLeaves)
                throw new InvalidDataException($"tree {t} has {trees[t].Leaves} leaves; legal is 1 to {MaxLeaves}.");
            trees[t].Validate(t, features);
        }

        Features = features;
        BaseScore = baseScore;
        Trees = [.. trees];
    }

    /// <summary>Width of a row.</summary>
    public int Features { get; }

    public float BaseScore { get; }

    public IReadOnlyList<DecisionTree> Trees { get; }

    /// <summary>Scores one row by walking every tree: the plain twin of <see cref="BlockTreeScorer"/>.</summary>
    public float Score(ReadOnlySpan<float> row)
    {
        var score = BaseScore;
        foreach (var tree in Trees)
            score += tree.LeafValue[tree.LeafOf(row)];
        return score;
    }
}
