using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking.Trees;

public sealed class TreeShapTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Contributions_are_the_shapley_values_of_every_subset_of_features(int seed, bool categories)
    {
        const int Features = 5;
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var ensemble = RandomTrees.Ensemble(random, Features, trees: 3, leaves: 12, categories: categories);
            var row = RandomTrees.Rows(random, 1, Features);
            var phi = new double[Features];
            new TreeShap(ensemble).Explain(row, phi);
            for (var f = 0; f < Features; f++)
                Assert.Equal(Shapley(ensemble, row, f), phi[f], 10);
        }
    }

    [Fact]
    public void Contributions_sum_to_the_score_less_the_mean()
    {
        var random = new Random(7);
        var ensemble = RandomTrees.Ensemble(random, features: 12, trees: 40, leaves: 63);
        var shap = new TreeShap(ensemble);
        var phi = new double[12];
        for (var i = 0; i < 50; i++)
        {
            var row = RandomTrees.Rows(random, 1, 12);
            shap.Explain(row, phi);
            Assert.Equal(ensemble.Score(row) - shap.Expected, phi.Sum(), 4);
        }
    }

    /// <summary>The definition: the mean over all orders of what the feature adds, written as a sum over subsets.</summary>
    private static double Shapley(TreeEnsemble ensemble, float[] row, int feature)
    {
        var n = row.Length;
        double sum = 0;
        for (var set = 0; set < 1 << n; set++)
        {
            if ((set >> feature & 1) != 0)
                continue;
            var size = System.Numerics.BitOperations.PopCount((uint)set);
            var weight = Factorial(size) * Factorial(n - size - 1) / Factorial(n);
            sum += weight * (Known(ensemble, row, set | 1 << feature) - Known(ensemble, row, set));
        }

        return sum;
    }

    /// <summary>The mean score when only the features of a set are known.</summary>
    private static double Known(TreeEnsemble ensemble, float[] row, int set) => ensemble.Trees.Sum(tree => Value(tree, 0, row, set));

    private static double Value(DecisionTree tree, int node, float[] row, int set)
    {
        if (tree.Nodes == 0 || node < 0)
            return tree.LeafValue[tree.Nodes == 0 ? 0 : ~node];
        if ((set >> tree.Feature[node] & 1) != 0)
            return Value(tree, tree.GoesLeft(node, row[tree.Feature[node]]) ? tree.Left[node] : tree.Right[node], row, set);
        return (Cover(tree, tree.Left[node]) * Value(tree, tree.Left[node], row, set)
            + Cover(tree, tree.Right[node]) * Value(tree, tree.Right[node], row, set)) / tree.Cover[node];
    }

    private static double Cover(DecisionTree tree, int child) => child >= 0 ? tree.Cover[child] : tree.LeafCover[~child];

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
}
