using Recs.Training.Ranking.Trees;

namespace Recs.Training.Tests.Ranking.Trees;

public sealed class LambdaRankTests
{
    private static readonly TrainingTable Query = new()
    {
        Width = 1,
        Features = [1, 2, 3],
        Labels = [0, 2, 1],
        QuerySizes = [3],
    };

    [Fact]
    public void Ndcg_is_what_a_hand_works_out()
    {
        // Order by score: grades 0, 1, 2, so DCG = 0 + 1/log2(3) + 3/2 = 2.1309; ideal 3 + 1/log2(3) = 3.6309.
        Assert.Equal(2.130930 / 3.630930, LambdaRankObjective.Ndcg(Query, [3, 1, 2], 3), 6);
        Assert.Equal(0, LambdaRankObjective.Ndcg(Query, [3, 1, 2], 1));
        Assert.Equal(1, LambdaRankObjective.Ndcg(Query, [1, 3, 2], 3), 12);
    }

    [Fact]
    public void Pulls_are_what_a_hand_works_out_where_all_scores_are_equal()
    {
        // Ranks follow the rows. Ideal DCG 3.63093; |gain difference| x |discount difference| / ideal, times sigmoid(0) = 1/2.
        var d = new[] { 1, 1 / Math.Log2(3), 0.5 };
        var ideal = 3 + 1 / Math.Log2(3);
        var (p01, p02, p12) = (3 * (d[0] - d[1]) / ideal / 2, 1 * (d[0] - d[2]) / ideal / 2, 2 * (d[1] - d[2]) / ideal / 2);
        var total = 2 * (p01 + p02 + p12);
        var scale = Math.Log2(1 + total) / total;
        var gradients = new Gradients(3);
        new LambdaRankObjective(Query, 30).Fill([0, 0, 0], gradients);
        Assert.Equal(scale * (p01 + p02), gradients.First[0], 12);
        Assert.Equal(-scale * (p01 + p12), gradients.First[1], 12);
        Assert.Equal(scale * (p12 - p02), gradients.First[2], 12);
        Assert.Equal(scale * (p01 + p02) / 2, gradients.Second[0], 12);
    }

    [Fact]
    public void Training_puts_the_better_grades_first()
    {
        var random = new Random(2);
        var features = Enumerable.Range(0, 2_000).Select(_ => (float)random.NextDouble()).ToArray();
        var table = new TrainingTable
        {
            Width = 1,
            Features = features,
            Labels = [.. features.Select(x => MathF.Floor(4 * Math.Abs(x - 0.5f)))],
            QuerySizes = [.. Enumerable.Repeat(10, 200)],
        };
        var trained = TreeTrainer.Train(table, new TreeOptions { Objective = TreeObjective.LambdaRank, Trees = 30 });
        var scores = features.Select(x => (double)trained.Ensemble.Score([x])).ToArray();
        Assert.InRange(LambdaRankObjective.Ndcg(table, scores, 5), 0.995, 1);
    }
}
