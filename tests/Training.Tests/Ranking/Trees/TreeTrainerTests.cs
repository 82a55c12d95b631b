using Recs.Engine.Ranking.Trees;
using Recs.Training.Ranking.Trees;

namespace Recs.Training.Tests.Ranking.Trees;

public sealed class TreeTrainerTests
{
    [Fact]
    public void One_tree_is_the_tree_that_trying_every_split_of_every_leaf_gives()
    {
        for (var seed = 1; seed <= 25; seed++)
        {
            var random = new Random(seed);
            var rows = Enumerable.Range(0, 120).Select(_ => Enumerable.Range(0, 4)
                .Select(f => random.Next(8) == 0 ? float.NaN : f == 0 ? random.Next(3) : (float)random.NextDouble()).ToArray()).ToArray();
            var labels = rows.Select(r => random.NextDouble() < (r[1] > 0.5 ? 0.8 : 0.3) ? 1f : 0f).ToArray();
            var table = Table(rows, labels);
            var options = new TreeOptions { Trees = 1, Leaves = 6, MinRows = 5, L2 = 1, LearningRate = 1 };
            var ensemble = TreeTrainer.Train(table, options).Ensemble;

            var p = labels.Average();
            var expected = new NaiveTrees(rows, [.. labels.Select(y => (double)p - y)], [.. labels.Select(_ => (double)p * (1 - p))], 5, 1).Grow(6);
            for (var r = 0; r < rows.Length; r++)
                Assert.True(Math.Abs(expected[r] + ensemble.BaseScore - ensemble.Score(rows[r])) < 1e-4, $"seed {seed}, row {r}: {expected[r]}");
        }
    }

    [Fact]
    public void A_split_by_categories_is_the_best_of_all_subsets()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var rates = Enumerable.Range(0, 7).Select(_ => random.NextDouble()).ToArray();
            var rows = Enumerable.Range(0, 200).Select(i => new[] { (float)(i % 7) }).ToArray();
            var labels = rows.Select(r => random.NextDouble() < rates[(int)r[0]] ? 1f : 0f).ToArray();
            var options = new TreeOptions { Trees = 1, Leaves = 2, MinRows = 1, LearningRate = 1, CategoryL2 = 0, CategorySmoothing = 0 };
            var tree = TreeTrainer.Train(Table(rows, labels, categorical: [0]), options).Ensemble.Trees[0];

            var p = labels.Average();
            double Gain(Func<float, bool> isLeft)
            {
                double Score(bool side)
                {
                    var group = Enumerable.Range(0, rows.Length).Where(r => isLeft(rows[r][0]) == side).ToArray();
                    var g = group.Sum(r => (double)p - labels[r]);
                    return g * g / (group.Length * (double)p * (1 - p));
                }

                return Score(true) + Score(false);
            }

            var best = Enumerable.Range(1, (1 << 7) - 2).Max(set => Gain(v => (set >> (int)v & 1) != 0));
            Assert.Equal(best, Gain(v => tree.GoesLeft(0, v)), 8);
        }
    }

    [Fact]
    public void A_code_never_seen_goes_right_and_a_missing_value_where_it_learnt_to()
    {
        // The positive rows are those with the value missing.
        var rows = Enumerable.Range(0, 60).Select(i => new[] { i % 3 == 0 ? float.NaN : i % 5 }).ToArray();
        var labels = rows.Select(r => float.IsNaN(r[0]) ? 1f : 0f).ToArray();
        var options = new TreeOptions { Trees = 10, Leaves = 2, MinRows = 1 };
        var ensemble = TreeTrainer.Train(Table(rows, labels), options).Ensemble;
        Assert.True(ensemble.Score([float.NaN]) > 0);
        Assert.All(new[] { -1e9f, 0f, 2f, 4f, 1e9f, float.PositiveInfinity }, v => Assert.True(ensemble.Score([v]) < 0));

        var codes = Enumerable.Range(0, 60).Select(i => new[] { (float)(i % 3) }).ToArray();
        var tree = TreeTrainer.Train(Table(codes, [.. codes.Select(c => c[0] == 1 ? 1f : 0f)], categorical: [0]), options).Ensemble.Trees[0];
        Assert.All(new[] { 3f, -1f, 0.5f, 1e9f, float.NaN }, v => Assert.False(tree.GoesLeft(0, v)));
    }

    [Theory]
    [InlineData(TreeObjective.Logistic)]
    [InlineData(TreeObjective.LambdaRank)]
    public void The_same_seed_gives_the_same_trees_on_any_number_of_threads(TreeObjective objective)
    {
        var table = Noisy(seed: 3, rows: 6_000, objective);
        var options = new TreeOptions { Objective = objective, Trees = 8, Leaves = 31, RowShare = 0.7, FeatureShare = 0.6, Seed = 9 };
        var one = TreeTrainer.Train(table, options with { Threads = 1 }).Ensemble;
        var four = TreeTrainer.Train(table, options with { Threads = 4 }).Ensemble;
        for (var t = 0; t < one.Trees.Count; t++)
        {
            Assert.Equal(one.Trees[t].Threshold, four.Trees[t].Threshold);
            Assert.Equal(one.Trees[t].LeafValue, four.Trees[t].LeafValue);
        }

        var other = TreeTrainer.Train(table, options with { Seed = 10 }).Ensemble;
        Assert.NotEqual(one.Trees[0].LeafValue, other.Trees[0].LeafValue);
    }

    [Fact]
    public void Early_stopping_keeps_the_trees_up_to_the_best_validation_loss()
    {
        var options = new TreeOptions { Trees = 300, Leaves = 31, LearningRate = 0.3, Patience = 10 };
        var trained = TreeTrainer.Train(Noisy(5, 2_000, options.Objective), options, Noisy(6, 1_000, options.Objective));
        var best = Enumerable.Range(0, trained.Validation.Count).MinBy(i => trained.Validation[i]);
        Assert.Equal(best + 1, trained.Ensemble.Trees.Count);
        Assert.Equal(best + 1 + 10, trained.Validation.Count);
    }

    [Fact]
    public void A_weight_of_two_is_the_row_twice()
    {
        var random = new Random(8);
        var rows = Enumerable.Range(0, 100).Select(_ => new[] { (float)random.NextDouble(), (float)random.NextDouble() }).ToArray();
        var labels = rows.Select(r => random.NextDouble() < r[0] ? 1f : 0f).ToArray();
        var weights = rows.Select(_ => (float)random.Next(1, 3)).ToArray();
        var repeated = Enumerable.Range(0, 100).SelectMany(r => Enumerable.Repeat(r, (int)weights[r])).ToArray();
        var options = new TreeOptions { Trees = 5, Leaves = 4, MinRows = 1, MinHessian = 1 };
        var weighted = TreeTrainer.Train(Table(rows, labels, weights), options).Ensemble;
        var twice = TreeTrainer.Train(Table([.. repeated.Select(r => rows[r])], [.. repeated.Select(r => labels[r])]), options).Ensemble;
        Assert.All(rows, r => Assert.Equal(twice.Score(r), weighted.Score(r), 1e-4));
    }

    [Fact]
    public void Illegal_settings_and_tables_are_refused_with_the_value_and_the_range()
    {
        var table = Table([[1f], [2f]], [0, 1]);
        var refused = Assert.Throws<RecommenderException>(() => TreeTrainer.Train(table, new TreeOptions { LearningRate = 0 }));
        Assert.Equal("learningRate", refused.Field);
        Assert.Contains("a label was 2; legal is 0 to 1", Assert.Throws<ArgumentException>(
            () => TreeTrainer.Train(Table([[1f]], [2]), new TreeOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("query sizes must add up to the 2 rows", Assert.Throws<ArgumentException>(
            () => TreeTrainer.Train(table, new TreeOptions { Objective = TreeObjective.LambdaRank })).Message, StringComparison.Ordinal);
    }

    private static TrainingTable Noisy(int seed, int rows, TreeObjective objective)
    {
        var random = new Random(seed);
        var features = new float[rows * 5];
        for (var i = 0; i < features.Length; i++)
            features[i] = (float)random.NextDouble();
        return new TrainingTable
        {
            Width = 5,
            Features = features,
            Labels = [.. Enumerable.Range(0, rows).Select(r => random.NextDouble() < features[r * 5] * features[r * 5 + 1] ? 1f : 0f)],
            QuerySizes = objective == TreeObjective.LambdaRank ? [.. Enumerable.Repeat(20, rows / 20)] : null,
        };
    }

    private static TrainingTable Table(float[][] rows, float[] labels, float[]? weights = null, int[]? categorical = null) => new()
    {
        Width = rows[0].Length,
        Features = [.. rows.SelectMany(r => r)],
        Labels = labels,
        Weights = weights,
        Categorical = categorical ?? [],
    };
}
