using Recs.Engine.Embedded;
using Recs.Training.Data;
using Recs.Training.Evaluation.Metrics;
using Recs.Training.Ranking;

namespace Recs.Training.Evaluation;

/// <summary>What the last part of a data folder's events says of the whole online path.</summary>
/// <param name="Pages">Pages made.</param>
/// <param name="Values">By list (twoStage, als, popularity) and metric: "twoStage.ndcg@10"; share found by retrieval, and of it what a page ranks: "found", "ranked".</param>
/// <param name="Segments">nDCG@10 of the two-stage list and of popularity by how much was known of the user.</param>
public sealed record LastDayResult(int Pages, IReadOnlyDictionary<string, Interval> Values, IReadOnlyList<LastDaySegment> Segments);

/// <param name="Name">Who asked.</param>
/// <param name="Pages">How many.</param>
/// <param name="TwoStage">Hit rate at 10 of the two-stage list.</param>
/// <param name="Popularity">The same of popularity.</param>
public sealed record LastDaySegment(string Name, int Pages, double TwoStage, double Popularity);

/// <summary>
/// Replays the end of a data folder event by event through what serves: a model of the events before it, then at each
/// first positive event the page that its user would have been shown a moment before, from the session, the counters and
/// everybody's visits as of then. The item of the event is what was right. Seeded; at most so many pages, drawn evenly.
/// </summary>
public static class LastDay
{
    private const int Cutoff = 10, MostPages = 1_500;

    /// <param name="options">Folder and hyper-parameters.</param>
    /// <param name="held">Length of the end that is held out.</param>
    /// <param name="time">For durations alone.</param>
    /// <param name="progress">Share done and what is done.</param>
    /// <param name="cancellationToken">Stops between pages.</param>
    /// <exception cref="RecommenderException">Conflict: nothing lies before the held-out part, or nothing positive in it.</exception>
    public static LastDayResult Run(
        TrainingOptions options, TimeSpan held, TimeProvider time, Action<double, string> progress, CancellationToken cancellationToken)
    {
        options.Check();
        options = options.WithPagesOfFolder();
        var (events, catalog) = FolderContents.Read(options.DataDirectory, null, cancellationToken);
        var from = events.Count == 0 ? 0 : events.AtMs[^1] - (long)held.TotalMilliseconds;
        var cut = Array.FindIndex(events.AtMs, at => at > from);
        if (cut <= 0)
            throw new RecommenderException(RefusalKind.Conflict, $"All {events.Count} events lie within the held-out {held}: nothing is left to train on.");

        var model = Train(events.Before(cut), catalog, options, time, progress, cancellationToken);
        var chosen = Chosen(events, cut, options.Seed);
        if (chosen.Length == 0)
            throw new RecommenderException(RefusalKind.Conflict, $"The last {held} holds no positive event on an item that its user had not met.");
        var replay = new TemporalReplay(events, catalog, model, options.ServedPages(), options.Seed);
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var pages = replay.Play(chosen, 0, threads, done => progress(0.6 + 0.4 * done / chosen.Length, $"{done} of {chosen.Length} pages"), cancellationToken);
        return Judge(pages, events, model.Ranker);
    }

    private static RecommenderModel Train(
        EventColumns earlier, ItemCatalog catalog, TrainingOptions options, TimeProvider time, Action<double, string> progress,
        CancellationToken cancellationToken)
    {
        var parts = new ModelPartsTrainer(earlier, catalog, options, time, cancellationToken);
        var inner = Trainer.EarlierEnd(earlier);
        IRanker ranker = FallbackRanker.Instance;
        if (inner > 0)
        {
            var judge = parts.Train(inner, (done, words) => progress(done * 0.2, words)).With(ranker, UntrainedModel.Instance.Manifest);
            ranker = RankerTraining.Train(earlier, inner, catalog, judge, options, (done, words) => progress(0.2 + done * 0.2, words), cancellationToken).Ranker;
        }

        return parts.Train(earlier.Count, (done, words) => progress(0.4 + done * 0.2, words)).With(ranker, UntrainedModel.Instance.Manifest);
    }

    private static int[] Chosen(EventColumns events, int cut, int seed)
    {
        var seen = new HashSet<(int, int)>();
        var chosen = new List<int>();
        for (var e = 0; e < events.Count; e++)
        {
            if (events.Type[e] != InteractionType.Impression && seen.Add((events.User[e], events.Item[e])) && e >= cut && events.StrengthOf(e) > 0)
                chosen.Add(e);
        }

        var all = chosen.ToArray();
        new Random(seed).Shuffle(all);
        return [.. all.Take(MostPages).Order()];
    }

    private static LastDayResult Judge(ReplayedPage[] pages, EventColumns events, IRanker ranker)
    {
        var ranks = pages.Select(page => (TwoStage: RankingMetrics.RankOf(page, ranker), Als: page.AlsRank, page.PopularityRank)).ToArray();
        var users = pages.Select(page => events.User[page.Event]).ToArray();
        var values = new Dictionary<string, Interval>();
        void Add(string list, Func<int, int> rankOf)
        {
            var own = Enumerable.Range(0, pages.Length).Select(rankOf).ToArray();
            values[$"{list}.hr@10"] = Bootstrap.MeanInterval(Array.ConvertAll(own, static r => r is >= 0 and < Cutoff ? 1.0 : 0), users);
            values[$"{list}.ndcg@10"] = Bootstrap.MeanInterval(Array.ConvertAll(own, static r => r is >= 0 and < Cutoff ? 1 / Math.Log2(r + 2) : 0), users);
            values[$"{list}.mrr@10"] = Bootstrap.MeanInterval(Array.ConvertAll(own, static r => r is >= 0 and < Cutoff ? 1.0 / (r + 1) : 0), users);
        }

        Add("twoStage", p => ranks[p].TwoStage);
        Add("als", p => ranks[p].Als);
        Add("popularity", p => ranks[p].PopularityRank);
        values["found"] = Bootstrap.MeanInterval(Array.ConvertAll(pages, static p => p.AnswerAt >= 0 ? 1.0 : 0), users);
        values["ranked"] = Bootstrap.MeanInterval(Array.ConvertAll(pages, static p => p.Ranked is { Answer: >= 0 } ? 1.0 : 0), users);

        var positives = FeatureSchema.IndexOf("user_log_positives");
        int KnownOf(int p) => pages[p].Ranked is not { Count: > 0 } ranked ? 0 : (int)Math.Round(Math.Exp(ranked.Features[positives]) - 1);
        (string Name, Func<int, bool> Holds)[] groups =
        [
            ("guest, nothing known", p => KnownOf(p) == 0),
            ("guest after one click", p => KnownOf(p) == 1),
            ("2 to 5 events known", p => KnownOf(p) is >= 2 and <= 5),
            ("6 to 50 events known", p => KnownOf(p) is >= 6 and <= 50),
            ("more than 50 events known", p => KnownOf(p) > 50),
        ];
        var segments = new List<LastDaySegment>();
        foreach (var (name, holds) in groups)
        {
            var taken = Enumerable.Range(0, pages.Length).Where(holds).ToArray();
            if (taken.Length > 0)
            {
                segments.Add(new LastDaySegment(
                    name, taken.Length, taken.Average(p => ranks[p].TwoStage is >= 0 and < Cutoff ? 1.0 : 0),
                    taken.Average(p => ranks[p].PopularityRank is >= 0 and < Cutoff ? 1.0 : 0)));
            }
        }

        return new LastDayResult(pages.Length, values, segments);
    }
}
