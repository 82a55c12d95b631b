using System.Globalization;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>What a run has to keep to beside what holds without bounds.</summary>
internal sealed record RunBounds
{
    /// <summary>How long after its deadline a page may come.</summary>
    public required TimeSpan PageGrace { get; init; }

    /// <summary>Longest time without an answer of any replica of a shard.</summary>
    public required TimeSpan ShardSilence { get; init; }

    /// <summary>From a silo's declaration as dead until every replica of every shard is ready elsewhere.</summary>
    public required TimeSpan ReplicasBack { get; init; }
}

/// <summary>
/// The one judge of a run: names everything in a history that a cluster must not do, whatever happened to it. A history
/// of nothing breaks no rule: whoever runs a load checks that there was one.
/// </summary>
internal static class RunChecker
{
    public static IReadOnlyList<string> Check(RunHistory history, RunBounds bounds) =>
    [
        .. Receipts(history), .. Users(history), .. Pages(history, bounds), .. Silences(history, bounds), .. Recoveries(history, bounds),
    ];

    /// <summary>From each death until all replicas were ready on other silos; null for never.</summary>
    public static IEnumerable<TimeSpan?> RecoveryTimes(RunHistory history)
    {
        foreach (var death in history.Deaths)
        {
            // The last look at each replica, as time goes by.
            var now = new Dictionary<(int, int), bool>();
            foreach (var look in history.Looks)
                now[(look.Shard, look.Replica)] = false;
            TimeSpan? back = null;
            foreach (var look in history.Looks.Where(l => l.At >= death.At).OrderBy(l => l.At))
            {
                now[(look.Shard, look.Replica)] = look.Ready && PortOf(look.Silo!) != death.SiloPort;
                if (!now.Values.All(ready => ready))
                    continue;
                back = look.At - death.At;
                break;
            }

            yield return back;
        }
    }

    /// <summary>The longest time in which no replica of a shard answered.</summary>
    public static IEnumerable<(int Shard, TimeSpan Longest, TimeSpan Until)> LongestSilences(RunHistory history)
    {
        foreach (var shard in history.Looks.GroupBy(l => l.Shard))
        {
            var ready = shard.Where(l => l.Ready).Select(l => l.At).Order().ToArray();
            // The time before the first answer and after the last one counts as well.
            var (from, to) = (shard.Min(l => l.At), shard.Max(l => l.At));
            var ends = ready.Append(to).ToArray();
            var longest = ends.Select((end, i) => (Gap: end - (i == 0 ? from : ends[i - 1]), End: end)).MaxBy(g => g.Gap);
            yield return (shard.Key, longest.Gap, longest.End);
        }
    }

    private static IEnumerable<string> Receipts(RunHistory history)
    {
        foreach (var user in history.Acknowledged.Where(a => a.Sequence is not null).GroupBy(a => a.User))
        {
            var reached = 0L;
            foreach (var receipt in user)
            {
                if (receipt.Sequence <= reached)
                    yield return Line($"{user.Key}: a receipt says {receipt.Sequence} after one that said {reached}");
                else if (receipt.Sequence != reached + receipt.EventIds.Length)
                    yield return Line($"{user.Key}: {receipt.EventIds.Length} events took the sequence from {reached} to {receipt.Sequence}");
                reached = Math.Max(reached, receipt.Sequence!.Value);
            }
        }
    }

    private static IEnumerable<string> Users(RunHistory history)
    {
        var acknowledged = history.Acknowledged.GroupBy(a => a.User).ToDictionary(g => g.Key, g => g.SelectMany(a => a.EventIds).ToHashSet());
        var unknown = history.Unacknowledged.GroupBy(u => u.User).ToDictionary(g => g.Key, g => g.Select(u => u.EventId).ToHashSet());
        foreach (var user in acknowledged.Keys.Except(history.Ends.Select(e => e.User)))
            yield return $"{user}: nobody looked what became of it";
        foreach (var end in history.Ends)
        {
            var sure = acknowledged.GetValueOrDefault(end.User) ?? [];
            var maybe = unknown.GetValueOrDefault(end.User) ?? [];
            if (end.Sequence < sure.Count || end.Sequence > sure.Count + maybe.Count)
                yield return Line($"{end.User}: {sure.Count} events acknowledged, {maybe.Count} unknown, and its sequence is {end.Sequence}");
            if (end.Log.Count != end.Sequence)
                yield return Line($"{end.User}: its sequence is {end.Sequence}, and the log has {end.Log.Count} of its events");
            var logged = end.Log.GroupBy(e => e.EventId).ToDictionary(g => g.Key, g => g.Count());
            foreach (var lost in sure.Where(id => !logged.ContainsKey(id)))
                yield return $"{end.User}: event {lost} was acknowledged and is not in the log";
            foreach (var (id, times) in logged)
            {
                if (times > 1)
                    yield return Line($"{end.User}: event {id} is in the log {times} times");
                if (!sure.Contains(id) && !maybe.Contains(id))
                    yield return $"{end.User}: event {id} is in the log, and nobody sent it";
            }

            for (var i = 0; i < end.Log.Count; i++)
            {
                if (end.Log[i].Sequence == i + 1)
                    continue;
                yield return Line($"{end.User}: the log's event number {i + 1} has sequence {end.Log[i].Sequence}");
                break;
            }
        }
    }

    private static IEnumerable<string> Pages(RunHistory history, RunBounds bounds)
    {
        foreach (var page in history.Pages)
        {
            if (page.Problem is not null)
                yield return Line($"{page.User}: no page at {page.At:mm\\:ss\\.fff}: {page.Problem}");
            else if (page.Sequence < page.After && !page.Degraded.Contains("session", StringComparer.Ordinal))
                yield return Line($"{page.User}: a page after {page.After} was made at {page.Sequence} and does not name the session as degraded");
            if (page.Took > page.Deadline + bounds.PageGrace)
                yield return Line($"{page.User}: the page asked for at {page.At:mm\\:ss\\.fff} took {page.Took.TotalMilliseconds:0} ms; its deadline was {page.Deadline.TotalMilliseconds:0} ms");
        }
    }

    private static IEnumerable<string> Silences(RunHistory history, RunBounds bounds)
    {
        foreach (var (shard, longest, until) in LongestSilences(history))
        {
            if (longest > bounds.ShardSilence)
                yield return Line($"shard {shard}: no replica answered for {longest.TotalSeconds:0.0} s, until {until:mm\\:ss\\.fff}");
        }
    }

    private static IEnumerable<string> Recoveries(RunHistory history, RunBounds bounds)
    {
        foreach (var (death, back) in history.Deaths.Zip(RecoveryTimes(history)))
        {
            if (back is null || back > bounds.ReplicasBack)
                yield return Line($"the replicas of the silo at port {death.SiloPort}, dead at {death.At:mm\\:ss\\.fff}, were {(back is null ? "never back" : $"back after {back.Value.TotalSeconds:0.0} s")}");
        }
    }

    // "IP:PORT@GENERATION"
    private static int PortOf(string silo)
    {
        var at = silo.IndexOf('@', StringComparison.Ordinal);
        var colon = silo.LastIndexOf(':', at);
        return int.Parse(silo.AsSpan(colon + 1, at - colon - 1), CultureInfo.InvariantCulture);
    }

    private static string Line(FormattableString text) => FormattableString.Invariant(text);
}
