using Recs.Training.Data;
using Recs.Training.Evaluation;

namespace Recs.Training;

/// <summary>
/// Which of a data set's events ask and which are learned from. By time where users come back: the last tenth of all
/// events is held out, so nothing of the future is learned from. Where few users have events on both sides (each came once
/// and rated in one go), by user: the newest fifth of each one's events is held out.
/// </summary>
/// <param name="Earlier">Positions of the events that are learned from, ascending.</param>
/// <param name="Task">Models of those, asked for what the users met in the others.</param>
/// <param name="ByTime">Which of the two.</param>
internal sealed record AutoSplit(int[] Earlier, EvaluationTask Task, bool ByTime)
{
    public const int LeastQueries = 30;

    private const int MostQueries = 2_000, LeastOfUser = 5;

    private const double HeldShare = 0.2;

    /// <summary>For people.</summary>
    public string About => ByTime ? "the last tenth of the events" : "the newest fifth of each user's events (too few users come back for a split by time)";

    /// <summary>Null where fewer than 30 users with an earlier history met something new in what is held out.</summary>
    public static AutoSplit? Of(EventColumns events, int items, int seed)
    {
        if (Make(events, [.. Enumerable.Range(0, Trainer.EarlierEnd(events))], items, seed, byTime: true) is { } byTime)
            return byTime;
        return Make(events, EarlierOfEach(events), items, seed, byTime: false);
    }

    private static int[] EarlierOfEach(EventColumns events)
    {
        var positives = new int[events.UserIds.Length];
        for (var e = 0; e < events.Count; e++)
            positives[events.User[e]] += events.StrengthOf(e) > 0 ? 1 : 0;
        var kept = Array.ConvertAll(positives, static n => n < LeastOfUser ? n : n - (int)(n * HeldShare));
        var earlier = new List<int>(events.Count);
        for (var e = 0; e < events.Count; e++)
        {
            // What follows a held-out event is later than it, whatever its kind.
            if (kept[events.User[e]] <= 0 && positives[events.User[e]] > 0)
                continue;
            earlier.Add(e);
            kept[events.User[e]] -= events.StrengthOf(e) > 0 ? 1 : 0;
        }

        return [.. earlier];
    }

    private static AutoSplit? Make(EventColumns events, int[] earlier, int items, int seed, bool byTime)
    {
        var known = events.At(earlier);
        var train = UserHistories.Of(known, known.Count).Newest(4_096, items);
        var learned = new bool[events.Count];
        foreach (var e in earlier)
            learned[e] = true;
        var met = new List<int>[events.UserIds.Length];
        for (var e = 0; e < events.Count; e++)
        {
            var user = events.User[e];
            if (!learned[e] && events.StrengthOf(e) > 0 && !train.Of(user).Contains(events.Item[e]))
                (met[user] ??= []).Add(events.Item[e]);
        }

        var asked = Enumerable.Range(0, met.Length).Where(u => met[u] is not null && train.Of(u).Length > 0).ToArray();
        if (asked.Length < LeastQueries)
            return null;
        new Random(seed).Shuffle(asked);
        return new AutoSplit(earlier, new EvaluationTask
        {
            Train = train,
            Queries = [.. asked.Take(MostQueries).Order().Select(u => new EvaluationQuery(train.Of(u).ToArray(), [.. met[u].Distinct()], u, u))],
            MaskHistory = true,
            ItemIds = [],
        }, byTime);
    }
}
