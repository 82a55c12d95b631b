using Recs.Training.Data;
using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training;

/// <param name="Options">With what was chosen.</param>
/// <param name="Why">For the manifest.</param>
/// <param name="Metrics">auto.als.ndcg@10, auto.linear.ndcg@10, auto.popularity.ndcg@10: of what was chosen, on the held-out part.</param>
internal sealed record AutoChoice(TrainingOptions Options, string Why, IReadOnlyDictionary<string, double> Metrics);

/// <summary>
/// Chooses hyper-parameters and sources on a time split (<see cref="AutoSplit"/>): models of earlier events answer what
/// their users met later. Confidence and ridge are tried together, then ridge exponent and rank one after the other, then
/// the first two again; the closed-form weights stay where they do better than popularity alone. Seeded.
/// </summary>
internal static class AutoChooser
{
    private const int Cutoff = 10;

    private static readonly (string Setting, double[] Values)[] AlsMoves =
    [
        ("exponent", [0.5, 1]),
        ("rank", [32, 64, 128]),
    ];

    // Moved together: with more weight on what was not met, less of a ridge is right.
    private static readonly double[] Unobserved = [0.03, 0.1, 0.3, 1], Lambdas = [0.005, 0.025, 0.1];

    private static readonly double[] Ridges = [20, 60, 200, 600];

    public static AutoChoice Choose(
        EventColumns events, int items, TrainingOptions options, Action<double, string> progress, CancellationToken cancellationToken)
    {
        if (AutoSplit.Of(events, items, options.Seed) is not { } split)
            return new AutoChoice(options, $"Fewer than {AutoSplit.LeastQueries} users met anything new later on, too few to choose settings on; the defaults serve.", new Dictionary<string, double>());
        var task = split.Task;

        var tried = new Dictionary<string, double>(StringComparer.Ordinal);
        var trials = AlsMoves.Sum(static m => m.Values.Length) + 2 * Unobserved.Length * Lambdas.Length + Ridges.Length + 1.0;
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
        Better(Together(als));
        foreach (var (setting, values) in AlsMoves)
            Better(values.Select(value => als.With(setting, value)));
        Better(Together(als));

        void Better(IEnumerable<ModelSpec> others)
        {
            foreach (var other in others.ToArray())
                als = Try(other) > Try(als) ? other : als;
        }


        var chosen = With(options, als);
        var metrics = new Dictionary<string, double> { ["auto.popularity.ndcg@10"] = popularity, ["auto.als.ndcg@10"] = Try(als) };
        var why = FormattableString.Invariant($"Chosen on {split.About}, {task.Queries.Count} users, by nDCG@10: {als} reaches {Try(als):0.0000}, the defaults {Try(Als(options)):0.0000}, popularity {popularity:0.0000}.");
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

    private static IEnumerable<ModelSpec> Together(ModelSpec als) =>
        Unobserved.SelectMany(_ => Lambdas, (unobserved, lambda) => als.With("unobserved", unobserved).With("lambda", lambda));

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
}
