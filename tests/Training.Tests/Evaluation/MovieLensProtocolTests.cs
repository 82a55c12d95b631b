using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Metrics;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Evaluation;

/// <summary>Held against the published table of MovieLens 100K, where the data is present.</summary>
public sealed class MovieLensProtocolTests(ITestOutputHelper output)
{
    private static readonly Protocol Protocol = ProtocolTable.Named("ml-100k-recommenders");

    [SkippableFact]
    public void Ease_gives_the_published_figures_to_four_digits()
    {
        var result = Run(Tasks().Test, "ease lambda=500");
        foreach (var (metric, value) in Protocol.Published.Single(p => p.Method.StartsWith("EASE", StringComparison.Ordinal)).Values)
            Assert.Equal(value, result.Values[metric], 5e-5);
        Assert.Equal(943, result.Lists.Length);
    }

    [SkippableFact]
    public void The_validation_split_is_cut_from_training_rows_alone()
    {
        var tasks = Tasks();
        Assert.Equal(75_066, tasks.Test.Train.Items.Length);
        Assert.Equal(24_934, tasks.Test.Queries.Sum(q => q.Relevant.Length));
        Assert.Equal(75_066, tasks.Validation.Train.Items.Length + tasks.Validation.Queries.Sum(q => q.Relevant.Length));
        foreach (var (test, validation) in tasks.Test.Queries.Zip(tasks.Validation.Queries))
        {
            Assert.Empty(validation.Relevant.Intersect(test.Relevant));
            Assert.Equal(test.History.Order(), validation.History.Concat(validation.Relevant).Order());
        }
    }

    [SkippableFact]
    public void Users_that_training_never_saw_get_lists_as_good_as_a_refit_gives_them()
    {
        var task = Tasks().Test;
        var held = Enumerable.Range(0, task.Train.Count).Where(u => u % 10 == 3).ToHashSet();
        var without = task.Train.ToArrays().Select((run, u) => held.Contains(u) ? [] : run).ToArray();
        var asked = With(task, task.Train, held);
        const string Spec = "als rank=48 epochs=8";
        var refit = Run(asked, Spec);
        var folded = Run(With(task, Sequences.From(task.Train.ItemCount, without), held), Spec);
        var test = Bootstrap.PairedTest(Ndcg(asked, folded), Ndcg(asked, refit), []);
        output.WriteLine($"{held.Count} users: refit {refit.Values["ndcg@10"]:0.0000}, folded in {folded.Values["ndcg@10"]:0.0000}, paired test p = {test:0.000}");
        Assert.InRange(folded.Values["ndcg@10"] / refit.Values["ndcg@10"], 0.95, 1.05);
    }

    private static double[] Ndcg(EvaluationTask task, EvaluationResult result) =>
        Array.ConvertAll(Evaluator.Judge(task, result.Lists, 10), m => m.Ndcg);

    private static EvaluationTask With(EvaluationTask task, Sequences train, HashSet<int> users) => new()
    {
        Train = train,
        Queries = [.. task.Queries.Where(q => users.Contains(q.Run))],
        MaskHistory = true,
        ItemIds = task.ItemIds,
    };

    private static EvaluationResult Run(EvaluationTask task, string spec) =>
        EvaluationRun.Of(task, Protocol, ModelSpec.Parse(spec).Create(), new FitContext(), TimeProvider.System);

    private static ProtocolTasks Tasks() =>
        ProtocolReader.Read(Protocol, Path.GetDirectoryName(Path.GetDirectoryName(SharedData.Require("ml-100k", "recommenders-split", "train.tsv"))!)!);
}
