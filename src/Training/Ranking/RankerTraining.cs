using Recs.Training.Data;
using Recs.Training.Ranking.Clicks;

namespace Recs.Training.Ranking;

/// <param name="Ranker">What serves.</param>
/// <param name="Metrics">Of the held-out pages.</param>
/// <param name="Note">Why the ranker is the hand-set one, when it is.</param>
/// <param name="Reliability">Of the held-out rows; null without any.</param>
internal sealed record TrainedRanker(
    IRanker Ranker, IReadOnlyDictionary<string, double> Metrics, string? Note, IReadOnlyList<ReliabilityBin>? Reliability = null)
{
    /// <summary>Purchases, given a response; null when there were too few.</summary>
    public IRanker? Conversion { get; init; }
}

/// <summary>
/// Fits the ranker on pages replayed from the later part of the data: the item of a first positive event against
/// sampled others of all that the sources found at that moment, those weighted up to their number: probabilities, and the figures of
/// rows, are of what was found. The last fifth of the pages, by time, is held out for the metrics, of pages as they would be served; the
/// served ranker is then fitted on all pages. By option it learns
/// from pages as they were shown instead; figures of whole pages are of replayed ones in either case.
/// </summary>
internal static class RankerTraining
{
    /// <summary>Fewer answers among the candidates than this teach nothing.</summary>
    public const int LeastPositives = 50;

    private const double HeldOutShare = 0.2;

    // Of the pages before the held-out ones: the later share that sizes are chosen and probabilities calibrated on.
    private const double ValidationShare = 0.2;

    /// <summary>Where fewer of the first pages' answers were among the candidates, more pages are played.</summary>
    private const int EnoughPositives = 200;

    // Pages are dearer in a large catalogue, whose rankings are remade for each.
    private const int MostPages = 2_000, FewestPages = 500, PageItems = 10_000_000, MostHeldOut = 800;

    /// <param name="events">All events.</param>
    /// <param name="cut">The model knows the events before this position.</param>
    /// <param name="catalog">Items.</param>
    /// <param name="model">Trained on the events before the cut.</param>
    /// <param name="options">Seed and threads.</param>
    /// <param name="progress">Share done and what was done.</param>
    /// <param name="cancellationToken">Stops between pages.</param>
    public static TrainedRanker Train(
        EventColumns events, int cut, ItemCatalog catalog, RecommenderModel model, TrainingOptions options,
        Action<double, string> progress, CancellationToken cancellationToken)
    {
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var candidates = Choose(events, cut, catalog);
        if (candidates.Length < LeastPositives)
            return Fallback($"{candidates.Length} first positive events in the later part of the data", new Dictionary<string, double>());

        var replay = new TemporalReplay(events, catalog, model, options.ServedPages(), options.Seed);
        var first = Math.Clamp(PageItems / Math.Max(1, catalog.ItemCount), FewestPages, MostPages);
        var most = Math.Min(candidates.Length, MostPages);
        var (pages, evaluateFrom) = Play(first, 0, first < most ? 0.3 : 0.9);
        if (pages.Count(p => p.AnswerAt >= 0) is var positives && positives < EnoughPositives && pages.Length < most)
            (pages, evaluateFrom) = Play((int)Math.Min(most, (long)first * EnoughPositives / Math.Max(1, positives)), 0.3, 0.9);

        var conversion = ConversionTraining.Train(
            events, pages, evaluateFrom, TimeSpan.FromHours(options.ConversionHours), threads, cancellationToken);
        var clicks = TrainClicks(pages, evaluateFrom, options, threads, progress, cancellationToken);
        return clicks with
        {
            Conversion = conversion.Ranker,
            // Where nothing was ever bought nobody asks why there is no ranker of purchases.
            Note = conversion.Note is null || conversion.Metrics.GetValueOrDefault("conversion.purchases") == 0 ? clicks.Note : $"{clicks.Note} {conversion.Note}".TrimStart(),
            Metrics = new Dictionary<string, double>([.. clicks.Metrics, .. conversion.Metrics]),
        };

        (ReplayedPage[] Pages, int EvaluateFrom) Play(int most, double from, double to)
        {
            var chosen = Some(candidates, most, options.Seed);
            var heldOut = chosen[^Math.Min(MostHeldOut, (int)(chosen.Length * HeldOutShare))];
            return (replay.Play(chosen, heldOut, threads,
                done => progress(from + (to - from) * done / chosen.Length, $"{done} of {chosen.Length} pages replayed"), cancellationToken), heldOut);
        }
    }

    private static TrainedRanker TrainClicks(
        ReplayedPage[] pages, int evaluateFrom, TrainingOptions options, int threads, Action<double, string> progress, CancellationToken cancellationToken)
    {
        var (rows, rowsNote) = Rows(pages, evaluateFrom, options, cancellationToken);
        var (early, late) = (rows.Early, rows.Late);
        if (early.Positives < LeastPositives || late.Positives == 0)
        {
            return Fallback($"{early.Positives} answers among the candidates before and {late.Positives} after the hold-out",
                RankingMetrics.OfPages(pages, evaluateFrom, FallbackRanker.Instance));
        }

        var prepare = PositionCorrection.Of(options.PositionBias, early, threads, cancellationToken);
        var (fit, fitNote) = Fit(rows, prepare, options, threads, detail => progress(0.93, detail), cancellationToken);
        var judged = fit.Judge;
        var metrics = RankingMetrics.OfPages(pages, evaluateFrom, judged);
        RankingMetrics.AddRowMetrics(metrics, late, judged);
        var reliability = Reliability.Of(late, judged);
        metrics["ranker.calibrationError"] = Reliability.Error(reliability);
        metrics["ranker.rows"] = early.Count + late.Count;
        metrics["ranker.positives"] = early.Positives + late.Positives;
        progress(0.97, FormattableString.Invariant($"AUC {metrics["ranker.auc"]:0.000} on {late.Count} held-out rows"));

        var all = new LabelledRows(early.Width);
        all.Add(early);
        all.Add(late);
        var served = fit.Refit(prepare(all));
        progress(1, FormattableString.Invariant($"fitted on {all.Count} rows"));
        var notes = new[] { rowsNote, fitNote }.Where(static n => n is not null);
        return new TrainedRanker(served, metrics, notes.Any() ? string.Join(' ', notes) : null, reliability);
    }

    /// <param name="Early">Before the hold-out: <paramref name="Learn"/> and <paramref name="Validate"/>.</param>
    /// <param name="Late">Held out.</param>
    /// <param name="Learn">The earlier ones.</param>
    /// <param name="Validate">The later ones, which sizes are chosen and probabilities calibrated on.</param>
    private sealed record RowSplit(LabelledRows Early, LabelledRows Late, LabelledRows Learn, LabelledRows Validate);

    private static (RowSplit Rows, string? Note) Rows(
        ReplayedPage[] pages, int evaluateFrom, TrainingOptions options, CancellationToken cancellationToken)
    {
        string? note = null;
        if (options.RankerRows == RankerRows.Shown)
        {
            var shown = ShownRows.Read(options.DataDirectory, FeatureSchema.Width, FeatureSchema.Hash, cancellationToken);
            var heldOutFrom = (int)(shown.Pages * (1 - HeldOutShare));
            var validateFrom = (int)(heldOutFrom * (1 - ValidationShare));
            var split = new RowSplit(
                shown.Of(0, heldOutFrom), shown.Of(heldOutFrom, shown.Pages), shown.Of(0, validateFrom), shown.Of(validateFrom, heldOutFrom));
            if (split.Early.Positives >= LeastPositives && split.Late.Positives > 0)
                return (split, null);
            note = FormattableString.Invariant(
                $"Too little was shown to learn from: {shown.Rows.Positives} responses to the logged rows of {shown.Pages} pages ({shown.PassedOver} more are of models that are gone or of other features), {LeastPositives} before the hold-out needed. Replayed pages stand in.");
        }

        var (early, late) = (new LabelledRows(FeatureSchema.Width), new LabelledRows(FeatureSchema.Width));
        var (learn, validate) = (new LabelledRows(FeatureSchema.Width), new LabelledRows(FeatureSchema.Width));
        var before = pages.Where(p => p.Event < evaluateFrom).ToArray();
        var validateFromEvent = before[(int)(before.Length * (1 - ValidationShare))].Event;
        foreach (var page in pages)
        {
            AddRows(page, page.Event >= evaluateFrom ? late : early);
            if (page.Event < evaluateFrom && options.Ranker != RankerKind.Logistic)
                AddRows(page, page.Event >= validateFromEvent ? validate : learn);
        }

        return (new RowSplit(early, late, learn, validate), note);
    }

    private static (RankerFit Fit, string? Note) Fit(
        RowSplit rows, Func<LabelledRows, LabelledRows> prepare, TrainingOptions options, int threads, Action<string> progress,
        CancellationToken cancellationToken)
    {
        if (options.Ranker == RankerKind.Logistic)
            return (RankerFit.Logistic(prepare(rows.Early), threads, cancellationToken), null);
        var (learn, validate) = (prepare(rows.Learn), prepare(rows.Validate));
        if (learn.Positives < LeastPositives || validate.Positives < RankerFit.LeastValidation)
        {
            return (RankerFit.Logistic(prepare(rows.Early), threads, cancellationToken),
                $"Too little to choose the size of the {options.Ranker} ranker by: {validate.Positives} answers to validate on, {RankerFit.LeastValidation} needed. The logistic one serves.");
        }

        return (options.Ranker == RankerKind.Trees
            ? RankerFit.Trees(learn, validate, options.Seed, threads, progress, cancellationToken)
            : RankerFit.Dcn(learn, validate, options.Seed, threads, progress, cancellationToken), null);
    }

    /// <summary>Positions of first positive events past the cut.</summary>
    private static int[] Choose(EventColumns events, int cut, ItemCatalog catalog)
    {
        var seen = new HashSet<(int, int)>();
        var chosen = new List<int>();
        for (var e = 0; e < events.Count; e++)
        {
            // Everything but an impression makes an item seen, and seen items are on no page.
            if (events.Type[e] == InteractionType.Impression || !seen.Add((events.User[e], events.Item[e])))
                continue;
            if (e >= cut && events.StrengthOf(e) > 0 && catalog.Get(events.Item[e]) is { Item.Available: true })
                chosen.Add(e);
        }

        return [.. chosen];
    }

    /// <summary>At most so many of them, drawn at random, in their order.</summary>
    private static int[] Some(int[] chosen, int most, int seed)
    {
        if (chosen.Length <= most)
            return chosen;
        var picked = chosen.ToArray();
        new Random(seed).Shuffle(picked);
        Array.Resize(ref picked, most);
        Array.Sort(picked);
        return picked;
    }

    private static void AddRows(ReplayedPage page, LabelledRows rows)
    {
        var width = FeatureSchema.Width;
        var others = page.Rows - 1;
        for (var r = 0; r < page.Rows; r++)
            rows.Add(page.Features.AsSpan(r * width, width), positive: r == 0, r == 0 ? 1 : (float)(page.Candidates - 1) / others);
    }

    private static TrainedRanker Fallback(string why, Dictionary<string, double> metrics) => new(
        FallbackRanker.Instance, metrics, $"Too little to train a ranker on: {why}, {LeastPositives} needed. The hand-set ranker serves.");
}
