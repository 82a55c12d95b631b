using Recs.Bench.Harness;
using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Metrics;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;

namespace Recs.Bench.Suites.Quality;

/// <summary>
/// Lists for users that the model was not trained on, against a model that was trained on them too. The two differ in two
/// ways: the refitted model has the user's own events in its items, and it has seen more users. A control tells them apart:
/// trained on the user, but without as many others as the first one lacks.
/// </summary>
internal static class FoldInSuite
{
    public static Task<int> RunAsync(Arguments arguments, Report report)
    {
        var protocol = ProtocolTable.Named(arguments.Text("protocol", "ml-100k-recommenders"));
        var data = arguments.Text("data", "../shared/data/ml-100k");
        var spec = ModelSpec.Parse(arguments.Text("model", "als rank=48 epochs=8"));
        var alone = arguments.Number("alone", 200, 1, 100_000);
        var seed = arguments.Number("seed", 1);
        var validation = arguments.Flag("validation");
        var shares = arguments.Numbers("parts", "10,50");
        arguments.RefuseOthers();

        var tasks = ProtocolReader.Read(protocol, data);
        var task = validation ? tasks.Validation : tasks.Test;
        var run = new Run(task, protocol.Cutoffs[0], spec, new FitContext(seed));
        var everybody = Enumerable.Range(0, task.Queries.Count).ToArray();
        new Random(seed).Shuffle(everybody);
        var refit = run.Ndcg(task.Train, everybody);
        foreach (var parts in shares)
            Compare(report, $"{100 / parts}-percent-held-out", run, everybody.Chunk((everybody.Length + parts - 1) / parts), refit, true);
        Compare(report, "one-user-held-out", run, everybody.Take(alone).Select(static q => new[] { q }), refit, false);
        return Task.FromResult(0);
    }

    private static void Compare(Report report, string name, Run run, IEnumerable<int[]> folds, Dictionary<int, double> refit, bool withControl)
    {
        var all = folds.ToArray();
        var (folded, control) = (new Dictionary<int, double>(), new Dictionary<int, double>());
        for (var f = 0; f < all.Length; f++)
        {
            foreach (var (query, value) in run.Ndcg(run.Without(all[f]), all[f]))
                folded[query] = value;
            if (!withControl)
                continue;
            foreach (var (query, value) in run.Ndcg(run.Without(all[(f + 1) % all.Length]), all[f]))
                control[query] = value;
        }

        var asked = folded.Keys.Order().ToArray();
        var (one, two) = (Array.ConvertAll(asked, q => folded[q]), Array.ConvertAll(asked, q => refit[q]));
        (string, object)[] about = [("users", asked.Length), ("model", run.Spec.ToString()), ("seed", run.Context.Seed)];
        report.Add($"{name}-refit", two.Average(), "nDCG", about);
        report.Add($"{name}-folded-in", one.Average(), "nDCG", about);
        report.Add($"{name}-difference", one.Average() / two.Average() - 1, "of refit", about);
        report.Add($"{name}-p", Bootstrap.PairedTest(one, two, []), "paired test", about);
        if (!withControl)
            return;
        var fewer = Array.ConvertAll(asked, q => control[q]);
        report.Add($"{name}-refit-on-as-few-users", fewer.Average(), "nDCG", about);
        report.Add($"{name}-own-events-alone", one.Average() / fewer.Average() - 1, "of that", about);
        report.Add($"{name}-own-events-alone-p", Bootstrap.PairedTest(one, fewer, []), "paired test", about);
    }

    private sealed record Run(EvaluationTask Task, int Cutoff, ModelSpec Spec, FitContext Context)
    {
        /// <summary>By query; the histories of the queries are whole whatever was trained on.</summary>
        public Dictionary<int, double> Ndcg(Sequences train, int[] queries)
        {
            var asked = new EvaluationTask
            {
                Train = train,
                Queries = [.. queries.Select(q => Task.Queries[q])],
                MaskHistory = Task.MaskHistory,
                ItemIds = Task.ItemIds,
            };
            var lists = Evaluator.Lists(asked, Spec.Create().Fit(train, Context), Cutoff, Context.Parallel);
            return Evaluator.Judge(asked, lists, Cutoff).Select((m, n) => (Query: queries[n], m.Ndcg)).ToDictionary(x => x.Query, x => x.Ndcg);
        }

        public Sequences Without(int[] queries)
        {
            var gone = queries.Select(q => Task.Queries[q].Run).ToHashSet();
            return Sequences.From(Task.Train.ItemCount, [.. Enumerable.Range(0, Task.Train.Count).Select(r => gone.Contains(r) ? [] : Task.Train.Of(r).ToArray())]);
        }
    }
}
