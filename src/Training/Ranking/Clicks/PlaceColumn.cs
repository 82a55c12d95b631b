using Recs.Engine.Ranking.Trees;

namespace Recs.Training.Ranking.Clicks;

/// <summary>
/// The place as one more, last column, log(1 + place), while a ranker learns; and the same ranker without it, as it
/// scores an item at the first place.
/// </summary>
internal static class PlaceColumn
{
    public static LabelledRows Add(LabelledRows rows)
    {
        var wide = new LabelledRows(rows.Width + 1);
        var row = new float[wide.Width];
        for (var r = 0; r < rows.Count; r++)
        {
            rows.Row(r).CopyTo(row);
            row[^1] = MathF.Log(1 + rows.Place(r));
            wide.Add(row, rows.IsPositive(r), rows.Weight(r), rows.Place(r));
        }

        return wide;
    }

    public static LogisticWeights Without(LogisticWeights wide) => wide with
    {
        Means = wide.Means[..^1],
        Scales = wide.Scales[..^1],
        Weights = wide.Weights[..^1],
        // The column is 0 at the first place.
        Bias = wide.Bias - wide.Weights[^1] * wide.Means[^1] / wide.Scales[^1],
    };

    /// <summary>Nodes that ask for the place give way to the side that the first place goes to.</summary>
    public static TreeEnsemble Without(TreeEnsemble wide) =>
        new(wide.Features - 1, wide.BaseScore, [.. wide.Trees.Select(t => Without(t, wide.Features - 1))]);

    private static DecisionTree Without(DecisionTree tree, int column)
    {
        if (Array.IndexOf(tree.Feature, column) < 0)
            return tree;
        var (nodes, leaves) = (new List<int>(), new List<int>());
        var (left, right) = (new List<int>(), new List<int>());
        Copy(0);
        return new DecisionTree
        {
            Feature = [.. nodes.Select(n => tree.Feature[n])],
            Threshold = [.. nodes.Select(n => tree.Threshold[n])],
            Left = [.. left],
            Right = [.. right],
            MissingLeft = [.. nodes.Select(n => tree.MissingLeft[n])],
            Cover = [.. nodes.Select(Cover)],
            LeafValue = [.. leaves.Select(l => tree.LeafValue[l])],
            LeafCover = [.. leaves.Select(l => tree.LeafCover[l])],
            Categories = tree.Categories is null ? null : [.. nodes.Select(n => tree.Categories[n])],
        };

        // Returns the child's new index, as a node or as a leaf.
        int Copy(int child)
        {
            while (child >= 0 && tree.Feature[child] == column)
                child = tree.GoesLeft(child, 0) ? tree.Left[child] : tree.Right[child];
            if (child < 0)
            {
                leaves.Add(~child);
                return ~(leaves.Count - 1);
            }

            var at = nodes.Count;
            nodes.Add(child);
            left.Add(0);
            right.Add(0);
            left[at] = Copy(tree.Left[child]);
            right[at] = Copy(tree.Right[child]);
            return at;
        }

        // What a node covers are the rows of the leaves that it still leads to: contributions stay exact.
        double Cover(int node)
        {
            double Of(int child)
            {
                while (child >= 0 && tree.Feature[child] == column)
                    child = tree.GoesLeft(child, 0) ? tree.Left[child] : tree.Right[child];
                return child < 0 ? tree.LeafCover[~child] : Of(tree.Left[child]) + Of(tree.Right[child]);
            }

            return Of(node);
        }
    }
}
