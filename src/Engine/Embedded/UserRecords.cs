namespace Recs.Engine.Embedded;

/// <summary>What an event log and its impression log hold of some users: takes it out, and looks for what is left. Not thread-safe.</summary>
/// <param name="events">The event log.</param>
/// <param name="impressions">The impression log.</param>
/// <param name="ids">The users; a guest that was merged into one of them has to be among them to go too.</param>
internal sealed class UserRecords(SegmentedLog events, SegmentedLog impressions, IEnumerable<string> ids)
{
    private readonly HashSet<string> _ids = new(ids, StringComparer.Ordinal);

    /// <summary>Rewrites both logs without the users.</summary>
    /// <exception cref="RecommenderException">A log cannot be rewritten (StorageFull); to do it again ends it.</exception>
    public async ValueTask<ErasedRecords> EraseAsync()
    {
        // The queue is in order: behind this record nothing of the users can still be waiting to be written.
        await impressions.AppendAsync(ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
        var forgetting = new LogForgetting(_ids);
        var files = events.Rewrite(forgetting.Apply);
        var removed = 0L;
        files += impressions.Rewrite(record =>
        {
            if (!NamesOneOf(record))
                return record.Payload;
            removed++;
            return ReadOnlyMemory<byte>.Empty;
        });
        return new ErasedRecords(forgetting.EventsRemoved, forgetting.MergesRemoved, removed, files);
    }

    /// <summary>Reads both logs whole. Returns the bytes read, and how many events, merges and impressions name one of the users.</summary>
    public (long Bytes, long Remaining) Search()
    {
        long bytes = 0, remaining = 0;
        var search = new LogForgetting(_ids);
        foreach (var record in events.Read(events.FirstOrdinal))
        {
            bytes += record.Payload.Length;
            remaining += LogEntryCodec.Decode(record.Payload.Span) is { } entry ? search.Count(entry) : 0;
        }

        foreach (var record in impressions.Read(impressions.FirstOrdinal))
        {
            bytes += record.Payload.Length;
            remaining += NamesOneOf(record) ? 1 : 0;
        }

        return (bytes, remaining);
    }

    private bool NamesOneOf(LogRecord record) => ImpressionCodec.Decode(record.Payload)?.UserId is { } user && _ids.Contains(user);
}

/// <param name="Events">Events removed.</param>
/// <param name="Merges">Merges removed.</param>
/// <param name="Impressions">Impression records removed.</param>
/// <param name="Files">Segments rewritten.</param>
internal sealed record ErasedRecords(long Events, long Merges, long Impressions, int Files);
