using Recs.Training.Data;
using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training;

/// <param name="Options">With what was chosen.</param>
/// <param name="Why">For the manifest.</param>
/// <param name="Metrics">auto.als.ndcg@10, auto.linear.ndcg@10, auto.popularity.ndcg@10: of what was chosen, on the held-out part.</param>
internal sealed record AutoChoice(TrainingOptions Options, string Why, IReadOnlyDictionary<string, double> Metrics);

/// <summary>
/// Chooses hyper-parameters and sources on a time split: models of the earlier nine tenths of the events answer what the
/// users of the last tenth met. One setting after the other is moved as long as nDCG@10 rises, from several beginnings;
/// the closed-form weights stay where they do better than popularity alone. Seeded.
/// </summary>
internal static class AutoChooser
{
    private const int Cutoff = 10, MostQueries = 2_000, LeastQueries = 30;

    private static readonly (string Setting, double[] Values)[] AlsMoves =
    [
        ("unobserved", [0.03, 0.1, 0.3, 1]),
        ("lambda", [0.005, 0.025, 0.1]),
        ("exponent", [0.5, 1]),
        ("rank", [32, 64, 128]),
    ];

    private static readonly double[] Ridges = [20, 60, 200, 600];

    public static AutoChoice Choose(
        EventColumns events, int items, TrainingOptions options, Action<double, string> progress, CancellationToken cancellationToken)
    {
        if (TaskOf(events, items, options.Seed) is not { } task)
            return new AutoChoice(options, "Too little of the data lies in its last part to choose settings on; the defaults serve.", new Dictionary<string, double>());

        var tried = new Dictionary<string, double>(StringComparer.Ordinal);
        var trials = AlsMoves.Sum(static m => m.Values.Length) + Ridges.Length + 1.0;
        double Try(ModelSpec spec)
        {
            if (tried.TryGetValue(spec.ToString(), out var known))
                return known;
            cancellationToken.ThrowIfCancellationRequested();
            var context = new FitContext(options.Seed, options.Threads, CancellationToken: cancellationToken);
            var lists = Evaluator.Lists(task, spec.Create().Fit(task.Train, context), Cutoff, context.Parallel);
            var value = Evaluator.Judge(task, lists, Cutoff).Average(static m => m.Ndcg);
            tried.Add(spec.ToString(), value);
            progress(Math.Min(1, tried.Count / trials), FormattableString.Invariant($"nDCG@10 {value:0.0000}: {spec}"));
            return value;
        }

        var popularity = Try(ModelSpec.Parse("popularity"));
        var als = Als(options);
        foreach (var (setting, values) in AlsMoves)
        {
            foreach (var value in values)
            {
                if (Try(als.With(setting, value)) > Try(als))
                    als = als.With(setting, value);
            }
        }

        var chosen = With(options, als);
        var metrics = new Dictionary<string, double> { ["auto.popularity.ndcg@10"] = popularity, ["auto.als.ndcg@10"] = Try(als) };
        var why = FormattableString.Invariant($"Chosen on the last tenth of the events, {task.Queries.Count} users, by nDCG@10: {als} reaches {Try(als):0.0000}, the defaults {Try(Als(options)):0.0000}, popularity {popularity:0.0000}.");
        if (options.LinearItems > 0)
        {
            var linear = Ridges.Select(ridge => Linear(options, ridge)).MaxBy(Try)!;
            metrics["auto.linear.ndcg@10"] = Try(linear);
            var keep = Try(linear) > popularity;
            chosen = keep ? chosen with { LinearLambda = linear.Settings["lambda"] } : chosen with { LinearItems = 0 };
            why += FormattableString.Invariant($" Closed-form weights reach {Try(linear):0.0000} with lambda {linear.Settings["lambda"]:G6} and ")
                + (keep ? "take part." : "are left out: they do no better than popularity.");
        }

        return new AutoChoice(chosen, why, metrics);
    }

    private static ModelSpec Als(TrainingOptions options) => ModelSpec.Parse(FormattableString.Invariant(
        $"als rank={options.Rank} epochs={options.Epochs} alpha={options.Alpha} unobserved={options.UnobservedWeight} lambda={options.Lambda} exponent={options.RegularizationExponent}"));

    private static ModelSpec Linear(TrainingOptions options, double ridge) => ModelSpec.Parse(FormattableString.Invariant(
        $"ease lambda={ridge} kept={options.Neighbours} maxItems={options.LinearItems} cap={LinearSource.HistoryCap}"));

    private static TrainingOptions With(TrainingOptions options, ModelSpec als) => options with
    {
        Rank = (int)als.Settings["rank"],
        UnobservedWeight = als.Settings["unobserved"],
        Lambda = als.Settings["lambda"],
        RegularizationExponent = als.Settings["exponent"],
    };

    /// <summary>Null where fewer than 30 users with an earlier history met something new in the last part.</summary>
    internal static EvaluationTask? TaskOf(EventColumns events, int items, int seed)
    {
        var cut = Trainer.EarlierEnd(events);
        var train = UserHistories.Of(events, cut).Newest(4_096, items);
        var met = new List<int>[events.UserIds.Length];
        for (var e = cut; e < events.Count; e++)
        {
            var user = events.User[e];
            if (events.StrengthOf(e) > 0 && !train.Of(user).Contains(events.Item[e]))
                (met[user] ??= []).Add(events.Item[e]);
        }

        var asked = Enumerable.Range(0, met.Length).Where(u => met[u] is not null && train.Of(u).Length > 0).ToArray();
        if (asked.Length < LeastQueries)
            return null;
        new Random(seed).Shuffle(asked);
        return new EvaluationTask
        {
            Train = train,
            Queries = [.. asked.Take(MostQueries).Order().Select(u => new EvaluationQuery(train.Of(u).ToArray(), [.. met[u].Distinct()], u, u))],
            MaskHistory = true,
            ItemIds = [],
        };
    }
}
