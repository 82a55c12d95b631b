namespace Recs.Engine.Sessions;

/// <summary>The arithmetic of <see cref="SessionRules.Merge"/>.</summary>
internal static class SessionMerge
{
    public static UserSession Merge(UserSession target, UserSession guest, SessionOptions options, bool logged)
    {
        if (target.UserId == guest.UserId)
            throw RecommenderException.Invalid("guestId", guest.UserId, "an id other than the target's");
        if (target.MergedGuests.Contains(guest.UserId))
            return target;
        var guests = target.MergedGuests.Append(guest.UserId).Concat(guest.MergedGuests).Distinct(StringComparer.Ordinal).ToArray();
        if (!logged && !MergeRules.HasRoom(target, guest, options))
            throw MergeRules.TooManyGuests(guest.UserId, options);

        var lastSeenMs = Math.Max(target.LastSeenMs, guest.LastSeenMs);
        // Whoever was active last has the newest places.
        var (older, newer) = guest.LastSeenMs > target.LastSeenMs ? (target, guest) : (guest, target);
        return new UserSession
        {
            UserId = target.UserId,
            Sequence = target.Sequence + 1,
            FirstSeenMs = Earliest(target.FirstSeenMs, guest.FirstSeenMs),
            LastSeenMs = lastSeenMs,
            History = History(older.History, newer.History, options.HistoryCap),
            Recent = ByTime(older.Recent, newer.Recent, e => e.AtMs, options.RecentCap),
            Seen = Union(older.Seen, newer.Seen, options.SeenCap),
            Hidden = Union(older.Hidden, newer.Hidden, options.HiddenCap),
            Categories = Affinities(target, guest, s => s.Categories, lastSeenMs, options),
            Tags = Affinities(target, guest, s => s.Tags, lastSeenMs, options),
            Counts = target.Counts.Zip(guest.Counts, (a, b) => a + b).ToArray(),
            LogPriceSum = target.LogPriceSum + guest.LogPriceSum,
            PricedEvents = target.PricedEvents + guest.PricedEvents,
            EventIds = Union(older.EventIds, newer.EventIds, options.EventIdWindow),
            MergedGuests = guests,
        };
    }

    private static long Earliest(long a, long b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);

    private static HistoryEntry[] History(HistoryEntry[] older, HistoryEntry[] newer, int cap)
    {
        var byItem = older.ToDictionary(e => e.Item);
        foreach (var entry in newer)
        {
            byItem[entry.Item] = byItem.TryGetValue(entry.Item, out var other)
                ? new HistoryEntry(
                    entry.Item,
                    Math.Min(entry.Strength + other.Strength, SessionDraft.MaxStrength),
                    Math.Max(entry.AtMs, other.AtMs))
                : entry;
        }

        // Distinct items in the order in which they come, so that equal times keep an order.
        var distinct = older.Concat(newer).Select(e => e.Item).Distinct().Select(item => byItem[item]);
        return Newest(distinct.OrderBy(e => e.AtMs), byItem.Count, cap);
    }

    private static T[] ByTime<T>(T[] older, T[] newer, Func<T, long> atMs, int cap) =>
        Newest(older.Concat(newer).OrderBy(atMs), older.Length + newer.Length, cap);

    private static T[] Newest<T>(IEnumerable<T> oldestFirst, int count, int cap) =>
        oldestFirst.Skip(Math.Max(0, count - cap)).ToArray();

    /// <summary>What is in both keeps its place in the newer list.</summary>
    private static T[] Union<T>(T[] older, T[] newer, int cap)
    {
        var inNewer = newer.ToHashSet();
        var both = older.Where(item => !inNewer.Contains(item)).Concat(newer).ToArray();
        return both.Length <= cap ? both : both[^cap..];
    }

    private static Affinity[] Affinities(
        UserSession target, UserSession guest, Func<UserSession, Affinity[]> of, long toMs, SessionOptions options)
    {
        var sum = new AffinityList([], int.MaxValue - 1, of(target).Length + of(guest).Length);
        foreach (var session in new[] { target, guest })
        {
            var factor = (float)AffinityDecay.Factor(toMs - session.LastSeenMs, options.AffinityHalfLife);
            foreach (var affinity in of(session))
                sum.Add(affinity.Term, affinity.Weight * factor);
        }

        return sum.ToArray().OrderByDescending(a => a.Weight).Take(options.AffinityCap).ToArray();
    }
}
