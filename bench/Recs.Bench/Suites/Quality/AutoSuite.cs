using Recs.Bench.Harness;
using Recs.Training;
using Recs.Training.Data;
using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Bench.Suites.Quality;

/// <summary>
/// What automatic training chooses against the best that a hand could have set. The later part of a folder's events is the
/// test; automatic training sees what lies before it and splits that again to choose on. The hand tries every setting
/// of a grid and keeps the one that is best on the test itself: more than any honest choice can know.
/// </summary>
internal static class AutoSuite
{
    private const int Cutoff = 10;

    public static Task<int> RunAsync(Arguments arguments, Report report)
    {
        var folder = arguments.Text("folder", "data");
        var seed = arguments.Number("seed", 1);
        var epochs = arguments.Number("epochs", new TrainingOptions { DataDirectory = folder }.Epochs, 1, 100);
        var ranks = arguments.Numbers("hand-ranks", "32,64,128");
        arguments.RefuseOthers();

        var catalog = new ItemCatalog(10_000_000);
        var events = EventColumns.Read(folder, catalog);
        CatalogStore.ReadInto(DataFolder.Catalog(folder), catalog);
        var options = new TrainingOptions { DataDirectory = folder, Seed = seed, Epochs = epochs, Auto = true };
        var split = AutoSplit.Of(events, catalog.Count, seed)
            ?? throw new InvalidOperationException($"Fewer than 30 users of {folder} met anything new later on.");
        var test = split.Task;
        var clock = Stopwatch.StartNew();
        var choice = AutoChooser.Choose(events.At(split.Earlier), catalog.Count, options, (_, _) => { }, CancellationToken.None);
        var chosenIn = clock.Elapsed.TotalSeconds;
        var chosen = Spec(choice.Options.Rank, choice.Options.UnobservedWeight, choice.Options.Lambda, choice.Options.RegularizationExponent, epochs);
        Console.WriteLine($"  {choice.Why}");

        double Ndcg(string spec)
        {
            var context = new FitContext(seed);
            var lists = Evaluator.Lists(test, ModelSpec.Parse(spec).Create().Fit(test.Train, context), Cutoff, context.Parallel);
            return Evaluator.Judge(test, lists, Cutoff).Average(static m => m.Ndcg);
        }

        var automatic = Ndcg(chosen);
        (string, object)[] about = [("events", events.Count), ("items", catalog.Count), ("users", test.Queries.Count), ("epochs", epochs), ("seed", seed)];
        report.Add("automatic", automatic, "nDCG@10", [.. about, ("model", chosen), ("seconds", Math.Round(chosenIn, 1))]);
        var (best, hand) = ("", 0.0);
        clock.Restart();
        foreach (var rank in ranks)
        {
            foreach (var unobserved in new[] { 0.03, 0.1, 0.3, 1 })
            {
                foreach (var lambda in new[] { 0.005, 0.025, 0.1 })
                {
                    foreach (var exponent in new[] { 0.5, 1 })
                    {
                        var spec = Spec(rank, unobserved, lambda, exponent, epochs);
                        var reached = Ndcg(spec);
                        if (reached > hand)
                            (best, hand) = (spec, reached);
                    }
                }
            }
        }

        report.Add("defaults", Ndcg(Spec(options.Rank, options.UnobservedWeight, options.Lambda, options.RegularizationExponent, epochs)), "nDCG@10", about);
        report.Add("popularity", Ndcg("popularity"), "nDCG@10", about);
        report.Add("best-by-hand-on-the-test", hand, "nDCG@10", [.. about, ("tried", 24 * ranks.Count), ("model", best), ("seconds", Math.Round(clock.Elapsed.TotalSeconds, 1))]);
        report.Add("automatic-against-hand", automatic / hand - 1, "of it", about);
        return Task.FromResult(0);
    }

    private static string Spec(double rank, double unobserved, double lambda, double exponent, int epochs) => FormattableString.Invariant(
        $"als rank={rank} epochs={epochs} unobserved={unobserved} lambda={lambda} exponent={exponent}");
}
