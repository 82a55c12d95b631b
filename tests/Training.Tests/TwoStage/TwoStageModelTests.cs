using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training.Tests.TwoStage;

public sealed class TwoStageModelTests
{
    private const int Items = 40;

    [Theory]
    [InlineData("two-stage linear=1 candidates=10 | popularity | covisit")]
    [InlineData("two-stage trees=30 leaves=4 candidates=10 | popularity | covisit")]
    public void A_learned_order_is_no_worse_than_its_better_part(string spec)
    {
        var (validation, test) = (Task(seed: 1), Task(seed: 2));
        var better = Ndcg(test, ModelSpec.Parse("covisit"), validation);
        Assert.True(Ndcg(test, ModelSpec.Parse("popularity"), validation) < better);
        Assert.InRange(Ndcg(test, ModelSpec.Parse(spec), validation), better - 0.01, 1);
    }

    [Fact]
    public void On_the_validation_split_no_query_is_ordered_by_a_ranker_that_learned_from_it()
    {
        // What is right is drawn at random: a ranker that had seen its queries could do better than chance, on few rows.
        var random = new Random(3);
        var runs = Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, 5).Select(_ => random.Next(Items)).ToArray()).ToArray();
        var task = new EvaluationTask
        {
            Train = Sequences.From(Items, runs),
            Queries = [.. runs.Select((run, q) => new EvaluationQuery(run, [random.Next(Items)], q))],
            MaskHistory = false,
            ItemIds = [.. Enumerable.Range(0, Items).Select(i => $"i{i}")],
        };
        // By chance: the mean of 1/log2(place + 1) over 40 places, the first ten counting, is .114.
        Assert.InRange(Ndcg(task, ModelSpec.Parse("two-stage candidates=40 trees=100 | popularity | als rank=16"), task), 0, 0.19);
    }

    [Fact]
    public void Without_a_validation_split_it_says_what_it_needs()
    {
        var model = ModelSpec.Parse("two-stage | popularity").Create();
        Assert.Contains("validation split", Assert.Throws<InvalidOperationException>(() => model.Fit(Task(1).Train, new FitContext())).Message, StringComparison.Ordinal);
        Assert.Throws<RecommenderException>(() => ModelSpec.Parse("two-stage"));
        Assert.Throws<RecommenderException>(() => ModelSpec.Parse("ease | als"));
        Assert.Throws<RecommenderException>(() => ModelSpec.Parse("ease lamda=3"));
    }

    [Fact]
    public void A_spec_prints_as_it_parses() =>
        Assert.Equal("two-stage trees=50 | als rank=32 | ease lambda=300", ModelSpec.Parse("two-stage trees=50 |als rank=32| ease  lambda=300").ToString());

    private static double Ndcg(EvaluationTask task, ModelSpec spec, EvaluationTask validation)
    {
        var context = new FitContext { Validation = validation };
        return Evaluator.Judge(task, Evaluator.Lists(task, spec.Create().Fit(task.Train, context), 10, context.Parallel), 10).Average(m => m.Ndcg);
    }

    /// <summary>Runs that walk up a ring, with steps astray; the next step is asked for.</summary>
    private static EvaluationTask Task(int seed)
    {
        var random = new Random(seed);
        var runs = Enumerable.Range(0, 300).Select(_ =>
        {
            var at = random.Next(Items);
            return Enumerable.Range(0, 6).Select(_ => at = random.Next(3) == 0 ? random.Next(Items) : (at + 1) % Items).ToArray();
        }).ToArray();
        return new EvaluationTask
        {
            Train = Sequences.From(Items, runs[..200]),
            Queries = [.. runs[200..].Select((run, q) => new EvaluationQuery(run[..5], [run[5]], q))],
            MaskHistory = false,
            ItemIds = [.. Enumerable.Range(0, Items).Select(i => $"i{i}")],
        };
    }
}
