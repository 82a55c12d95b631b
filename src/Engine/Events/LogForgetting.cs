namespace Recs.Engine.Events;

/// <summary>
/// Takes users out of the event log: their events, and the merges that name them. Use with
/// <see cref="SegmentedLog.Rewrite"/>. Not thread-safe.
/// </summary>
/// <param name="ids">The users; a guest that was merged into one of them has to be among them to go too.</param>
public sealed class LogForgetting(IEnumerable<string> ids)
{
    private readonly HashSet<string> _ids = new(ids, StringComparer.Ordinal);

    public long EventsRemoved { get; private set; }

    public long MergesRemoved { get; private set; }

    /// <summary>
    /// The entry without these users: the same instance when it does not name them, null when nothing is left. An
    /// entry with an import mark is kept even without events: the ledger must still know that the rows were taken.
    /// </summary>
    public LogEntry? Apply(LogEntry entry)
    {
        switch (entry)
        {
            case LogEntry.Merge merge when Names(merge):
                MergesRemoved++;
                return null;
            case LogEntry.Events events when CountNaming(events) is > 0 and var removed:
                EventsRemoved += removed;
                if (removed == events.Accepted.Count && events.ImportSource is null)
                    return null;
                return events with { Accepted = [.. events.Accepted.Where(logged => !_ids.Contains(logged.UserId))] };
            default:
                return entry;
        }
    }

    /// <summary>The same on an encoded record; throws <see cref="InvalidDataException"/> on a damaged one.</summary>
    public ReadOnlyMemory<byte> Apply(LogRecord record)
    {
        if (LogEntryCodec.Decode(record.Payload.Span) is not { } entry)
            return record.Payload;
        var left = Apply(entry);
        return ReferenceEquals(left, entry) ? record.Payload
            : left is null ? ReadOnlyMemory<byte>.Empty
            : LogEntryCodec.Encode(left);
    }

    /// <summary>How many events and merges of the entry name one of the users.</summary>
    public int Count(LogEntry entry) => entry switch
    {
        LogEntry.Merge merge => Names(merge) ? 1 : 0,
        LogEntry.Events events => CountNaming(events),
        _ => 0,
    };

    private bool Names(LogEntry.Merge merge) => _ids.Contains(merge.GuestId) || _ids.Contains(merge.TargetId);

    private int CountNaming(LogEntry.Events events)
    {
        var count = 0;
        foreach (var logged in events.Accepted)
            if (_ids.Contains(logged.UserId))
                count++;
        return count;
    }
}
