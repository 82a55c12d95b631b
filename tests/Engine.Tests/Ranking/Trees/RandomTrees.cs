using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking.Trees;

/// <summary>Ensembles and rows for tests, from a seed.</summary>
internal static class RandomTrees
{
    public static TreeEnsemble Ensemble(Random random, int features, int trees, int leaves, int thresholds = 30, bool categories = false)
    {
        var grid = Enumerable.Range(0, thresholds).Select(i => i * 0.25f - thresholds / 8f).ToArray();
        return new TreeEnsemble(features, 0.5f, [.. Enumerable.Range(0, trees).Select(_ => Tree(random, features, random.Next(1, leaves + 1), grid, categories))]);
    }

    /// <summary>Values on the thresholds, between them, and missing.</summary>
    public static float[] Rows(Random random, int count, int features) =>
        [.. Enumerable.Range(0, count * features).Select(_ => random.Next(10) == 0 ? float.NaN : random.Next(-40, 40) * 0.125f)];

    private static DecisionTree Tree(Random random, int features, int leaves, float[] grid, bool categories)
    {
        var nodes = leaves - 1;
        var (left, right, used) = (new int[nodes], new int[nodes], new List<(int Node, bool Left)>());
        for (var n = 0; n < nodes; n++)
        {
            if (n > 0)
            {
                var at = random.Next(used.Count);
                Set(used[at], n);
                used.RemoveAt(at);
            }

            used.Add((n, true));
            used.Add((n, false));
        }

        for (var l = 0; l < used.Count; l++)
            Set(used[l], ~l);
        var leafCover = Enumerable.Range(0, leaves).Select(_ => (double)random.Next(1, 20)).ToArray();
        var cover = new double[nodes];
        for (var n = nodes - 1; n >= 0; n--)
            cover[n] = Of(left[n]) + Of(right[n]);
        return new DecisionTree
        {
            Feature = [.. Enumerable.Range(0, nodes).Select(_ => random.Next(features))],
            Threshold = [.. Enumerable.Range(0, nodes).Select(_ => grid[random.Next(grid.Length)])],
            Left = left,
            Right = right,
            MissingLeft = [.. Enumerable.Range(0, nodes).Select(_ => random.Next(2) == 0)],
            Cover = cover,
            LeafValue = [.. Enumerable.Range(0, leaves).Select(_ => random.NextSingle() - 0.5f)],
            LeafCover = leafCover,
            Categories = categories ? [.. Enumerable.Range(0, nodes).Select(_ => random.Next(2) == 0 ? null : new CategorySet([random.Next(3), random.Next(3, 9)]))] : null,
        };

        double Of(int child) => child >= 0 ? cover[child] : leafCover[~child];

        void Set((int Node, bool Left) at, int child) => (at.Left ? left : right)[at.Node] = child;
    }
}
