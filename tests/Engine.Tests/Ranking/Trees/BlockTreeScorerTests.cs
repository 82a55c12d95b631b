using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking.Trees;

public sealed class BlockTreeScorerTests
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_score_bit_for_bit_what_a_walk_down_each_tree_scores(int seed)
    {
        Skip.IfNot(BlockTreeScorer.IsSupported, "The processor has no AVX-512.");
        var random = new Random(seed);
        foreach (var count in new[] { 1, 7, 63, 64, 65, 200 })
        {
            var ensemble = RandomTrees.Ensemble(random, features: 6, trees: 20, leaves: 64);
            var rows = RandomTrees.Rows(random, count, 6);
            // A column that is the same in all rows takes another way.
            for (var r = 0; r < count; r++)
                rows[r * 6 + 2] = rows[2];
            var scores = new float[count];
            BlockTreeScorer.TryCreate(ensemble)!.Score(rows, count, scores);
            for (var r = 0; r < count; r++)
                Assert.Equal(ensemble.Score(rows.AsSpan(r * 6, 6)), scores[r]);
        }
    }

    [SkippableFact]
    public void Extreme_values_go_where_the_comparison_of_floats_sends_them()
    {
        Skip.IfNot(BlockTreeScorer.IsSupported, "The processor has no AVX-512.");
        var ensemble = RandomTrees.Ensemble(new Random(4), features: 1, trees: 9, leaves: 30);
        float[] rows = [float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, -0f, 0f, float.Epsilon, float.NaN, 0.25f];
        var scores = new float[rows.Length];
        BlockTreeScorer.TryCreate(ensemble)!.Score(rows, rows.Length, scores);
        for (var r = 0; r < rows.Length; r++)
            Assert.Equal(ensemble.Score(rows.AsSpan(r, 1)), scores[r]);
    }

    [Fact]
    public void Ensembles_that_do_not_fit_a_byte_or_a_block_are_left_to_the_plain_walk()
    {
        var random = new Random(5);
        Assert.Null(BlockTreeScorer.TryCreate(RandomTrees.Ensemble(random, 1, 200, 64, thresholds: 2_000)));
        Assert.Null(BlockTreeScorer.TryCreate(RandomTrees.Ensemble(random, 3, 4, 20, categories: true)));
    }

    [Fact]
    public void A_tree_with_a_shared_child_a_cycle_or_a_foreign_feature_is_refused()
    {
        var tree = new DecisionTree
        {
            Feature = [0, 0],
            Threshold = [1, 2],
            Left = [1, ~0],
            Right = [~1, ~2],
            MissingLeft = [true, true],
            Cover = [3, 2],
            LeafValue = [1, 2, 3],
            LeafCover = [1, 1, 1],
        };
        Assert.Equal(2.5f, new TreeEnsemble(1, 0.5f, [tree]).Score([3f]));
        Refused("two nodes share child -1", With(left: [1, ~0], right: [~1, ~0]));
        Refused("out of order or range", With(left: [0, ~0], right: [~1, ~2]));
        Refused("out of order or range", With(left: [1, ~0], right: [~1, ~3]));
        Assert.Contains("reads feature 0; there are 0", Assert.Throws<InvalidDataException>(() => new TreeEnsemble(0, 0, [tree])).Message, StringComparison.Ordinal);

        DecisionTree With(int[] left, int[] right) => new()
        {
            Feature = tree.Feature,
            Threshold = tree.Threshold,
            Left = left,
            Right = right,
            MissingLeft = tree.MissingLeft,
            Cover = tree.Cover,
            LeafValue = tree.LeafValue,
            LeafCover = tree.LeafCover,
        };

        static void Refused(string why, DecisionTree tree) =>
            Assert.Contains(why, Assert.Throws<InvalidDataException>(() => new TreeEnsemble(1, 0, [tree])).Message, StringComparison.Ordinal);
    }
}
