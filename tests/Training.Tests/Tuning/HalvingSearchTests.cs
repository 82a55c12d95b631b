using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;
using Recs.Training.Tests.Import;
using Recs.Training.Tuning;

namespace Recs.Training.Tests.Tuning;

public sealed class HalvingSearchTests
{
    private static readonly Protocol Protocol = ProtocolTable.Named("ml-1m-next");

    [Fact]
    public void A_third_goes_on_at_each_rung()
    {
        Assert.Equal([27, 9, 3], HalvingSearch.Rungs(27, 3));
        Assert.Equal([2], HalvingSearch.Rungs(2, 3));
    }

    [Fact]
    public void The_best_is_no_worse_than_where_the_search_began_and_the_seed_decides_all()
    {
        var (first, second) = (Search(null), Search(null));
        Assert.Equal(first.Select(r => (r.Spec, r.Value)), second.Select(r => (r.Spec, r.Value)));
        var origin = Evaluator.Judge(Task(), Evaluator.Lists(Task(), ModelSpec.Parse("covisit").Create().Fit(Task().Train, new FitContext()), 10, new()), 10);
        Assert.True(first[0].Value >= Math.Round(origin.Average(m => m.Ndcg), 6) - 1e-9);
    }

    [Fact]
    public void A_search_that_was_stopped_goes_on_from_its_journal()
    {
        using var folder = new TempFolder();
        var journal = folder["search.jsonl"];
        var whole = Search(journal);
        var lines = File.ReadAllLines(journal);
        // The last line was being written when the power went.
        File.WriteAllText(journal, string.Join('\n', lines[..5]) + "\n" + lines[5][..10]);
        var resumed = Search(journal);
        Assert.Equal(whole.Select(r => (r.Spec, r.Value)), resumed.Select(r => (r.Spec, r.Value)));
    }

    private static IReadOnlyList<SearchResult> Search(string? journal) => HalvingSearch.Run(
        Task(), Protocol, ModelSpec.Parse("covisit"), SearchSpace.Of("covisit"),
        new SearchOptions { Trials = 6, Journal = journal, Seed = 2 }, new FitContext(), TimeProvider.System);

    /// <summary>Runs that walk up a ring of 20 items; the next step is asked for.</summary>
    private static EvaluationTask Task()
    {
        var random = new Random(1);
        var runs = Enumerable.Range(0, 80).Select(_ =>
        {
            var start = random.Next(20);
            return Enumerable.Range(0, 6).Select(step => (start + step + (random.Next(4) == 0 ? 1 : 0)) % 20).ToArray();
        }).ToArray();
        return new EvaluationTask
        {
            Train = Sequences.From(20, runs[..60]),
            Queries = [.. runs[60..].Select((run, q) => new EvaluationQuery(run[..5], [run[5]], q))],
            MaskHistory = false,
            ItemIds = [.. Enumerable.Range(0, 20).Select(i => $"i{i}")],
        };
    }
}
