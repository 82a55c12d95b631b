using Recs.Training.Data;

namespace Recs.Training.Ranking;

/// <param name="Ranker">Null when there is too little to learn from.</param>
/// <param name="Metrics">Of the held-out responses.</param>
/// <param name="Note">Why there is none.</param>
internal sealed record TrainedConversion(IRanker? Ranker, IReadOnlyDictionary<string, double> Metrics, string? Note);

/// <summary>
/// Fits the probability that a positive response becomes a purchase: each replayed page's answer, with its features just
/// before, and whether its user bought the item with that event or within the window after it. Responses whose window
/// is not over at the data's end are left out, since nobody knows yet. A logistic regression, whatever ranks clicks.
/// </summary>
internal static class ConversionTraining
{
    /// <summary>Fewer purchases, or fewer responses without one, teach nothing.</summary>
    public const int Least = 30;

    private const double Ridge = 1;

    public static TrainedConversion Train(
        EventColumns events, IReadOnlyList<ReplayedPage> pages, int evaluateFrom, TimeSpan window, int threads, CancellationToken cancellationToken)
    {
        var (early, late) = (new LabelledRows(FeatureSchema.Width), new LabelledRows(FeatureSchema.Width));
        var bought = Purchases(events);
        var known = events.AtMs[^1] - (long)window.TotalMilliseconds;
        foreach (var page in pages)
        {
            if (page.Rows == 0 || events.AtMs[page.Event] > known)
                continue;
            var row = page.Features.AsSpan(0, FeatureSchema.Width);
            (page.Event >= evaluateFrom ? late : early).Add(row, Buys(events, bought, page.Event, window), 1);
        }

        var all = new LabelledRows(FeatureSchema.Width);
        all.Add(early);
        all.Add(late);
        var metrics = new Dictionary<string, double> { ["conversion.responses"] = all.Count, ["conversion.purchases"] = all.Positives };
        if (all.Positives < Least || all.Count - all.Positives < Least)
        {
            return new TrainedConversion(null, metrics, FormattableString.Invariant(
                $"No conversion ranker: {all.Positives} of {all.Count} responses became purchases within {window.TotalHours:0.#} h, {Least} of either kind are needed. Pages are ranked for clicks alone."));
        }

        if (HasBoth(early) && HasBoth(late))
        {
            var judge = new Dictionary<string, double>();
            RankingMetrics.AddRowMetrics(judge, late, Fit(early, threads, cancellationToken));
            metrics["conversion.auc"] = judge["ranker.auc"];
            metrics["conversion.logloss"] = judge["ranker.logloss"];
        }

        return new TrainedConversion(Fit(all, threads, cancellationToken), metrics, null);
    }

    private static bool HasBoth(LabelledRows rows) => rows.Positives > 0 && rows.Positives < rows.Count;

    private static LogisticRanker Fit(LabelledRows rows, int threads, CancellationToken cancellationToken)
    {
        var w = LogisticRegression.Fit(rows, Ridge, threads, cancellationToken);
        return new LogisticRanker(LogisticRankerParameters.ForSchema(w.Means, w.Scales, w.Weights, w.Bias));
    }

    /// <summary>Positions of purchases by user and item, ascending.</summary>
    private static Dictionary<(int User, int Item), List<int>> Purchases(EventColumns events)
    {
        var bought = new Dictionary<(int, int), List<int>>();
        for (var e = 0; e < events.Count; e++)
        {
            if (events.Type[e] != InteractionType.Purchase)
                continue;
            if (!bought.TryGetValue((events.User[e], events.Item[e]), out var positions))
                bought.Add((events.User[e], events.Item[e]), positions = []);
            positions.Add(e);
        }

        return bought;
    }

    private static bool Buys(EventColumns events, Dictionary<(int User, int Item), List<int>> bought, int e, TimeSpan window) =>
        bought.TryGetValue((events.User[e], events.Item[e]), out var positions)
        && positions.Any(p => p >= e && events.AtMs[p] - events.AtMs[e] <= (long)window.TotalMilliseconds);
}
