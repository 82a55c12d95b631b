using Recs.Engine.Embedded;
using Recs.Grains.Storage;

namespace Recs.Grains.Log;

/// <summary>
/// One partition of the event log and of the impression log, with what follows from the events: the last sequence of
/// every user, which tells repeats, and the item counters. Both are kept in a checkpoint beside the log and brought up
/// to date from it. Not thread-safe, except where a method says so.
/// </summary>
internal sealed class LogPartition : IAsyncDisposable
{
    /// <summary>Events of one record, so that it stays well below the largest that a log takes.</summary>
    private const int MostEvents = 8_000;

    private readonly string _checkpointFile;
    private readonly FolderLock _lock;
    private readonly SegmentedLog _events;
    private readonly SegmentedLog _impressions;
    private readonly ItemCatalog _items = new(int.MaxValue - 1);
    private readonly PartitionState _state;

    private LogPartition(string checkpointFile, FolderLock held, SegmentedLog events, SegmentedLog impressions)
    {
        (_checkpointFile, _lock, _events, _impressions) = (checkpointFile, held, events, impressions);
        _state = PartitionState.Read(checkpointFile, _items, events.FirstOrdinal, events.NextOrdinal);
        foreach (var record in events.Read(_state.NextOrdinal))
        {
            if (LogEntryCodec.Decode(record.Payload.Span) is { } entry)
                _state.Take(entry, _items);
            _state.NextOrdinal = record.Ordinal + 1;
        }
    }

    /// <summary>Record that comes next. May be read from any thread.</summary>
    public long NextOrdinal => _events.NextOrdinal;

    /// <summary>Events held, forgotten ones taken off.</summary>
    public long Events => _state.Events;

    public long Users => _state.LastSequence.Count;

    public long Bytes => _events.Bytes + _impressions.Bytes;

    /// <summary>Records appended since the last checkpoint.</summary>
    public long SinceCheckpoint { get; private set; }

    /// <exception cref="RecommenderException">Another process holds the partition (Overloaded).</exception>
    public static LogPartition Open(
        string artifactDirectory, int number, SegmentedLogOptions events, SegmentedLogOptions impressions, ILogger logger)
    {
        var held = FolderLock.Take(artifactDirectory, $"log-{number:000}");
        SegmentedLog? eventLog = null;
        SegmentedLog? impressionLog = null;
        try
        {
            var folder = DataFolder.Events(artifactDirectory, number);
            eventLog = SegmentedLog.Open(folder, events, out var recovery);
            impressionLog = SegmentedLog.Open(DataFolder.Impressions(artifactDirectory, number), impressions, out _);
            if (recovery.TornBytes > 0)
                logger.LogWarning("Log partition {Partition} ended in a torn record: cut {Bytes} bytes. None of them had been acknowledged.", number, recovery.TornBytes);
            return new LogPartition(Path.Combine(artifactDirectory, "events", $"p{number:000}.state"), held, eventLog, impressionLog);
        }
        catch
        {
            eventLog?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            impressionLog?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Appends what is new of some frames, durable on return. Repeats, told by (user, sequence), are dropped.</summary>
    /// <exception cref="InvalidDataException">A frame is damaged; nothing was appended.</exception>
    public async Task AppendAsync(byte[][] frames)
    {
        var decoded = Array.ConvertAll(frames, frame => LogEntryCodec.Decode(frame));
        // Two frames of one user may be in one batch: what the first one takes counts for the second.
        var reached = new Dictionary<ulong, long>();
        var events = new List<LoggedEvent>();
        foreach (var entry in decoded)
        {
            // In order, and each record whole: a user's later events must never be in the log without the earlier ones,
            // or what was left out would be taken for a repeat when it is sent again.
            if (entry is LogEntry.Merge || events.Count >= MostEvents)
                await WriteAsync(events);
            if (entry is null || _state.New(entry, reached) is not { } left)
                continue;
            if (left is LogEntry.Events some)
                events.AddRange(some.Accepted);
            else
                await WriteAsync(left);
        }

        await WriteAsync(events);
    }

    /// <summary>Hands impression records to their log.</summary>
    public async Task AppendImpressionsAsync(byte[][] records) =>
        await Task.WhenAll(Array.ConvertAll(records, r => _impressions.AppendAsync(r).AsTask()));

    /// <summary>The counters as they are, and the record that they reach up to.</summary>
    public CounterSnapshot Counters()
    {
        using var stream = new MemoryStream();
        _state.Counters.Save(stream, _items);
        return new CounterSnapshot { Counters = stream.ToArray(), NextOrdinal = _state.NextOrdinal };
    }

    /// <summary>What the counters take of the records from an ordinal on, at most some thousands of events.</summary>
    public CounterFeed CountsSince(long fromOrdinal)
    {
        const int Most = 20_000;
        var feed = new FeedBuilder();
        var next = fromOrdinal;
        foreach (var record in _events.Read(fromOrdinal))
        {
            if (LogEntryCodec.Decode(record.Payload.Span) is LogEntry.Events events)
                feed.Add(events.Accepted);
            next = record.Ordinal + 1;
            if (feed.Count >= Most)
                break;
        }

        return feed.Build(next, startOver: fromOrdinal < _events.FirstOrdinal);
    }

    /// <summary>Takes users out of both logs, for good, and looks for what is left.</summary>
    public async Task<LogErasure> EraseAsync(IReadOnlyCollection<string> userIds)
    {
        var records = new UserRecords(_events, _impressions, userIds);
        var erased = await records.EraseAsync();
        _state.Forget(userIds, erased.Events);
        WriteCheckpoint();
        var (bytes, remaining) = records.Search();
        return new LogErasure
        {
            EventsRemoved = erased.Events + erased.Merges,
            ImpressionsRemoved = erased.Impressions,
            FilesRewritten = erased.Files,
            BytesSearched = bytes,
            Remaining = remaining,
        };
    }

    /// <summary>Keeps what follows from the events, so that the next opening replays only what comes after.</summary>
    public void WriteCheckpoint()
    {
        _state.Write(_checkpointFile, _items);
        SinceCheckpoint = 0;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _events.DisposeAsync();
            await _impressions.DisposeAsync();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private async Task WriteAsync(List<LoggedEvent> events)
    {
        if (events.Count == 0)
            return;
        await WriteAsync(new LogEntry.Events([.. events]));
        events.Clear();
    }

    private async Task WriteAsync(LogEntry entry)
    {
        await _events.AppendAsync(LogEntryCodec.Encode(entry));
        _state.Take(entry, _items);
        _state.NextOrdinal = _events.NextOrdinal;
        SinceCheckpoint++;
    }
}
