namespace Recs.Engine.Ranking.Trees;

/// <summary>
/// Exact Shapley values of a tree ensemble in polynomial time (path-dependent TreeSHAP: Lundberg et al. 2020, "From local
/// explanations to global understanding with explainable AI for trees", algorithm 2). What is unknown is averaged over
/// the training rows that took each branch. Contributions sum to Score - <see cref="Expected"/>. Thread-safe.
/// </summary>
public sealed class TreeShap
{
    private readonly TreeEnsemble _ensemble;
    private readonly int _depth;

    public TreeShap(TreeEnsemble ensemble)
    {
        _ensemble = ensemble;
        Expected = ensemble.BaseScore;
        foreach (var tree in ensemble.Trees)
        {
            Expected += Mean(tree);
            _depth = Math.Max(_depth, Depth(tree));
        }
    }

    /// <summary>The mean score over the training rows.</summary>
    public double Expected { get; }

    /// <summary>What each feature added to the score of a row; overwritten, one per feature.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions)
    {
        contributions[.._ensemble.Features].Clear();
        var width = _depth + 2;
        var path = new PathElement[width * (width + 1) / 2 + width];
        foreach (var tree in _ensemble.Trees)
        {
            if (tree.Nodes > 0)
                Walk(tree, 0, row, contributions, path, 0, 0, 1, 1, -1);
        }
    }

    private struct PathElement
    {
        public int Feature;
        public double Zero, One, Weight;
    }

    private static void Walk(
        DecisionTree tree, int node, ReadOnlySpan<float> row, Span<double> phi, PathElement[] paths, int parentAt, int depth,
        double zero, double one, int feature)
    {
        // Each level works on a copy of its parent's path, kept one after the other.
        var at = depth == 0 ? 0 : parentAt + depth;
        for (var i = 0; i < depth; i++)
            paths[at + i] = paths[parentAt + i];
        var path = paths.AsSpan(at);
        Extend(path, depth, zero, one, feature);
        if (node < 0)
        {
            var value = tree.LeafValue[~node];
            for (var i = 1; i <= depth; i++)
                phi[path[i].Feature] += UnwoundSum(path, depth, i) * (path[i].One - path[i].Zero) * value;
            return;
        }

        var goesLeft = tree.GoesLeft(node, row[tree.Feature[node]]);
        var (hot, cold) = goesLeft ? (tree.Left[node], tree.Right[node]) : (tree.Right[node], tree.Left[node]);
        var cover = tree.Cover[node];
        double incomingZero = 1, incomingOne = 1;
        var length = depth;
        for (var i = 1; i <= depth; i++)
        {
            if (path[i].Feature != tree.Feature[node])
                continue;
            (incomingZero, incomingOne) = (path[i].Zero, path[i].One);
            Unwind(path, depth, i);
            length--;
            break;
        }

        Walk(tree, hot, row, phi, paths, at, length + 1, incomingZero * CoverOf(tree, hot) / cover, incomingOne, tree.Feature[node]);
        Walk(tree, cold, row, phi, paths, at, length + 1, incomingZero * CoverOf(tree, cold) / cover, 0, tree.Feature[node]);
    }

    private static void Extend(Span<PathElement> path, int depth, double zero, double one, int feature)
    {
        path[depth] = new PathElement { Feature = feature, Zero = zero, One = one, Weight = depth == 0 ? 1 : 0 };
        for (var i = depth - 1; i >= 0; i--)
        {
            path[i + 1].Weight += one * path[i].Weight * (i + 1) / (depth + 1);
            path[i].Weight = zero * path[i].Weight * (depth - i) / (depth + 1);
        }
    }

    private static void Unwind(Span<PathElement> path, int depth, int index)
    {
        var (one, zero) = (path[index].One, path[index].Zero);
        var next = path[depth].Weight;
        for (var i = depth - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                var kept = path[i].Weight;
                path[i].Weight = next * (depth + 1) / ((i + 1) * one);
                next = kept - path[i].Weight * zero * (depth - i) / (depth + 1);
            }
            else
            {
                path[i].Weight = path[i].Weight * (depth + 1) / (zero * (depth - i));
            }
        }

        for (var i = index; i < depth; i++)
            (path[i].Feature, path[i].Zero, path[i].One) = (path[i + 1].Feature, path[i + 1].Zero, path[i + 1].One);
    }

    private static double UnwoundSum(ReadOnlySpan<PathElement> path, int depth, int index)
    {
        var (one, zero) = (path[index].One, path[index].Zero);
        double next = path[depth].Weight, total = 0;
        for (var i = depth - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                var weight = next * (depth + 1) / ((i + 1) * one);
                total += weight;
                next = path[i].Weight - weight * zero * ((depth - i) / (double)(depth + 1));
            }
            else
            {
                total += path[i].Weight / zero / ((depth - i) / (double)(depth + 1));
            }
        }

        return total;
    }

    private static double CoverOf(DecisionTree tree, int child) => child >= 0 ? tree.Cover[child] : tree.LeafCover[~child];

    private static double Mean(DecisionTree tree)
    {
        double sum = 0, cover = 0;
        for (var leaf = 0; leaf < tree.Leaves; leaf++)
        {
            sum += tree.LeafValue[leaf] * tree.LeafCover[leaf];
            cover += tree.LeafCover[leaf];
        }

        return sum / cover;
    }

    private static int Depth(DecisionTree tree)
    {
        var depths = new int[tree.Nodes];
        var deepest = 0;
        for (var n = 0; n < tree.Nodes; n++)
        {
            deepest = Math.Max(deepest, depths[n] + 1);
            if (tree.Left[n] >= 0)
                depths[tree.Left[n]] = depths[n] + 1;
            if (tree.Right[n] >= 0)
                depths[tree.Right[n]] = depths[n] + 1;
        }

        return deepest;
    }
}
