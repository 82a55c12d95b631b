namespace Recs.Engine.Sessions;

/// <summary>Field order of an encoded session (docs/session-format.md): writing and reading, side by side.</summary>
internal static class SessionLayout
{
    private const byte Forwarded = 1;

    /// <summary>Bit of a recent event's type: its time is its item's in the history.</summary>
    private const int TimeFromHistory = 0x80;

    /// <summary>Strengths in halves, the usual ones, take one byte; 0 says that a float follows.</summary>
    private const int MostHalves = 255;

    public static void Write(ref SessionWriter writer, UserSession session, ItemCatalog catalog)
    {
        writer.Byte(session.ForwardTo is null ? (byte)0 : Forwarded);
        writer.Text(session.UserId);
        if (session.ForwardTo is { } target)
            writer.Text(target);
        writer.Varint((ulong)session.Sequence);
        writer.Signed(session.FirstSeenMs);
        writer.Signed(session.LastSeenMs - session.FirstSeenMs);
        var places = WriteItems(ref writer, session, catalog);
        WriteHistory(ref writer, session, places);
        WriteRecent(ref writer, session, places);
        writer.Count(session.Hidden.Length);
        foreach (var item in session.Hidden)
            writer.Count(places[item]);
        WriteAffinities(ref writer, session.Categories, catalog.Terms);
        WriteAffinities(ref writer, session.Tags, catalog.Terms);
        writer.Count(session.Counts.Length);
        foreach (var count in session.Counts)
            writer.Varint((ulong)count);
        writer.Varint((ulong)session.PricedEvents);
        if (session.PricedEvents > 0)
            writer.Double(session.LogPriceSum);
        writer.Count(session.EventIds.Length);
        foreach (var hash in session.EventIds)
            writer.UInt64(hash);
        writer.Count(session.MergedGuests.Length);
        foreach (var guest in session.MergedGuests)
            writer.Text(guest);
    }

    /// <summary>Reads all and checks it before the first id is interned.</summary>
    public static UserSession Read(ref SessionReader reader, ItemCatalog catalog)
    {
        var flags = reader.Byte();
        if (flags > Forwarded)
            throw SessionReader.Bad("flags", flags, "0 or 1");
        var userId = reader.Id("user id");
        var forwardTo = flags == Forwarded ? reader.Id("forwarding id") : null;
        var sequence = reader.Number("sequence");
        var firstSeenMs = reader.Time("first time", 0);
        var lastSeenMs = reader.Time("last time", firstSeenMs);
        var (ids, seen) = ReadItems(ref reader);
        var history = ReadHistory(ref reader, ids.Length, firstSeenMs);
        var recent = ReadRecent(ref reader, ids.Length, firstSeenMs, history);
        var hidden = new int[reader.Count("hidden items", 1)];
        foreach (ref var item in hidden.AsSpan())
            item = reader.Index("hidden item", ids.Length);
        var categories = ReadAffinities(ref reader);
        var tags = ReadAffinities(ref reader);
        var counts = ReadCounts(ref reader);
        var pricedEvents = reader.Number("number of priced events");
        var logPriceSum = pricedEvents > 0 ? reader.Double() : 0;
        if (!double.IsFinite(logPriceSum))
            throw SessionReader.Bad("price level", logPriceSum, "finite");
        var eventIds = new ulong[reader.Count("event ids", 8)];
        foreach (ref var hash in eventIds.AsSpan())
            hash = reader.UInt64();
        var guests = new string[reader.Count("guests", 1)];
        foreach (ref var guest in guests.AsSpan())
            guest = reader.Id("guest id");
        if (reader.Remaining > 0)
            throw SessionReader.Bad("rest", $"{reader.Remaining} bytes", "nothing after the guests");

        var numbers = Array.ConvertAll(ids, catalog.Intern);
        foreach (ref var entry in history.AsSpan())
            entry = entry with { Item = numbers[entry.Item] };
        foreach (ref var e in recent.AsSpan())
            e = e with { Item = numbers[e.Item] };
        foreach (ref var item in hidden.AsSpan())
            item = numbers[item];
        return new UserSession
        {
            UserId = userId,
            ForwardTo = forwardTo,
            Sequence = sequence,
            FirstSeenMs = firstSeenMs,
            LastSeenMs = lastSeenMs,
            History = history,
            Recent = recent,
            Seen = seen == numbers.Length ? numbers : numbers[..seen],
            Hidden = hidden,
            Categories = Known(categories, catalog.Terms),
            Tags = Known(tags, catalog.Terms),
            Counts = counts,
            LogPriceSum = logPriceSum,
            PricedEvents = pricedEvents,
            EventIds = eventIds,
            MergedGuests = guests,
        };
    }

    /// <summary>Every item's id once: the seen ones in their order, so that they need no list of their own, then the others.</summary>
    private static Dictionary<int, int> WriteItems(ref SessionWriter writer, UserSession session, ItemCatalog catalog)
    {
        var items = new List<int>(session.Seen.Length + 4);
        var places = new Dictionary<int, int>(session.Seen.Length + 4);
        foreach (var item in session.Seen)
            Place(item, items, places);
        foreach (var entry in session.History)
            Place(entry.Item, items, places);
        foreach (var e in session.Recent)
            Place(e.Item, items, places);
        foreach (var item in session.Hidden)
            Place(item, items, places);
        writer.Count(items.Count);
        writer.Count(session.Seen.Length);
        var before = "";
        foreach (var item in items)
        {
            var id = catalog.IdOf(item);
            writer.Text(id, before);
            before = id;
        }

        return places;
    }

    private static void Place(int item, List<int> items, Dictionary<int, int> places)
    {
        if (!places.TryAdd(item, items.Count))
            return;
        items.Add(item);
    }

    private static (string[] Ids, int Seen) ReadItems(ref SessionReader reader)
    {
        var ids = new string[reader.Count("items", 1)];
        var seen = reader.Index("number of seen items", ids.Length + 1);
        var known = new HashSet<string>(ids.Length, StringComparer.Ordinal);
        var before = "";
        foreach (ref var id in ids.AsSpan())
        {
            id = reader.Id("item id", before);
            if (!known.Add(id))
                throw SessionReader.Bad("item id", id, "an id that comes once");
            before = id;
        }

        return (ids, seen);
    }

    private static void WriteHistory(ref SessionWriter writer, UserSession session, Dictionary<int, int> places)
    {
        writer.Count(session.History.Length);
        var (place, atMs) = (-1, session.FirstSeenMs);
        foreach (var entry in session.History)
        {
            writer.Signed(places[entry.Item] - (place + 1));
            writer.Signed(entry.AtMs - atMs);
            var halves = entry.Strength * 2;
            if (halves is >= 1 and <= MostHalves && halves == MathF.Truncate(halves))
            {
                writer.Byte((byte)halves);
            }
            else
            {
                writer.Byte(0);
                writer.Single(entry.Strength);
            }

            (place, atMs) = (places[entry.Item], entry.AtMs);
        }
    }

    private static HistoryEntry[] ReadHistory(ref SessionReader reader, int items, long atMs)
    {
        var history = new HistoryEntry[reader.Count("history items", 3)];
        var known = new HashSet<int>(history.Length);
        var place = -1;
        foreach (ref var entry in history.AsSpan())
        {
            place = reader.Step("history item", place + 1, items);
            if (!known.Add(place))
                throw SessionReader.Bad("history item", place, "an item that comes once");
            atMs = reader.Time("event time", atMs);
            var halves = reader.Byte();
            var strength = halves == 0 ? reader.Single() : halves / 2f;
            if (!(strength > 0) || !float.IsFinite(strength))
                throw SessionReader.Bad("strength", strength, "finite and above 0");
            entry = new HistoryEntry(place, strength, atMs);
        }

        return history;
    }

    private static void WriteRecent(ref SessionWriter writer, UserSession session, Dictionary<int, int> places)
    {
        var times = Times(session.History);
        writer.Count(session.Recent.Length);
        var (place, atMs) = (-1, session.FirstSeenMs);
        foreach (var e in session.Recent)
        {
            writer.Signed(places[e.Item] - (place + 1));
            if (times.TryGetValue(e.Item, out var known) && known == e.AtMs)
            {
                writer.Byte((byte)((int)e.Type | TimeFromHistory));
            }
            else
            {
                writer.Byte((byte)e.Type);
                writer.Signed(e.AtMs - atMs);
            }

            (place, atMs) = (places[e.Item], e.AtMs);
        }
    }

    private static RecentEvent[] ReadRecent(ref SessionReader reader, int items, long atMs, HistoryEntry[] history)
    {
        var times = Times(history);
        var recent = new RecentEvent[reader.Count("recent events", 2)];
        var place = -1;
        foreach (ref var e in recent.AsSpan())
        {
            place = reader.Step("recent item", place + 1, items);
            var kind = reader.Byte();
            var type = kind & ~TimeFromHistory;
            if (type >= SessionOptions.TypeCount)
                throw SessionReader.Bad("event type", type, $"0 to {SessionOptions.TypeCount - 1}");
            if ((kind & TimeFromHistory) == 0)
                atMs = reader.Time("event time", atMs);
            else if (!times.TryGetValue(place, out atMs))
                throw SessionReader.Bad("recent item", place, "an item of the history, for its time is there");
            e = new RecentEvent(place, (InteractionType)type, atMs);
        }

        return recent;
    }

    private static Dictionary<int, long> Times(HistoryEntry[] history)
    {
        var times = new Dictionary<int, long>(history.Length);
        foreach (var entry in history)
            times[entry.Item] = entry.AtMs;
        return times;
    }

    private static void WriteAffinities(ref SessionWriter writer, Affinity[] affinities, TermTable terms)
    {
        writer.Count(affinities.Length);
        var before = "";
        foreach (var affinity in affinities)
        {
            var term = terms.TextOf(affinity.Term);
            writer.Text(term, before);
            writer.Single(affinity.Weight);
            before = term;
        }
    }

    private static (string Term, float Weight)[] ReadAffinities(ref SessionReader reader)
    {
        var affinities = new (string Term, float Weight)[reader.Count("interests", 5)];
        var before = "";
        var known = new HashSet<string>(affinities.Length, StringComparer.Ordinal);
        foreach (ref var affinity in affinities.AsSpan())
        {
            affinity = (reader.Text("category or tag", before, Limits.MaxTermLength), reader.Single());
            before = affinity.Term;
            if (!known.Add(affinity.Term))
                throw SessionReader.Bad("category or tag", affinity.Term, "one that comes once");
            if (!(affinity.Weight > 0) || !float.IsFinite(affinity.Weight))
                throw SessionReader.Bad("interest", affinity.Weight, "finite and above 0");
        }

        return affinities;
    }

    private static Affinity[] Known((string Term, float Weight)[] affinities, TermTable terms)
    {
        var known = new List<Affinity>(affinities.Length);
        foreach (var (term, weight) in affinities)
        {
            if (terms.TryIntern(term, out var code))
                known.Add(new Affinity(code, weight));
        }

        return [.. known];
    }

    private static long[] ReadCounts(ref SessionReader reader)
    {
        var given = reader.Count("event types", 1);
        if (given != SessionOptions.TypeCount)
            throw SessionReader.Bad("number of event types", given, $"{SessionOptions.TypeCount}");
        var counts = new long[given];
        foreach (ref var count in counts.AsSpan())
            count = reader.Number("event count");
        return counts;
    }
}
