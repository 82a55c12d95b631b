using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>
/// An append-only log of opaque records in checksummed segment files, with group commit: callers that append at the
/// same time share one write and one flush. Records have ordinals, from 0, that survive rewriting.
/// Appends are thread-safe; reading needs no lock and works while another process appends.
/// </summary>
public sealed class SegmentedLog : IAsyncDisposable
{
    private readonly SegmentedLogOptions _options;
    private readonly SegmentSet _segments;
    private readonly AppendQueue _queue;
    private readonly LogWriter _writer;
    private readonly Lock _rewriting = new();
    private Task? _stopped;

    private SegmentedLog(SegmentedLogOptions options, SegmentSet segments, IStorageFile active)
    {
        _options = options;
        _segments = segments;
        _queue = new AppendQueue(options.MaxQueuedBytes, options.Linger);
        _writer = new LogWriter(segments, active, options, _queue);
    }

    /// <summary>
    /// Opens or creates; cuts a torn tail and says so in the report. Damage before the tail, in records that had been
    /// flushed, is refused: <see cref="InvalidDataException"/> with file and offset. One process at a time may do so.
    /// </summary>
    public static SegmentedLog Open(string directory, SegmentedLogOptions options, out LogRecovery recovery) =>
        Open(directory, options, DiskFiles.Instance, out recovery);

    internal static SegmentedLog Open(
        string directory, SegmentedLogOptions options, IStorageFiles files, out LogRecovery recovery)
    {
        options.Validate();
        var segments = LogOpening.Open(directory, files, out var active, out recovery);
        return new SegmentedLog(options, segments, active);
    }

    /// <summary>Ordinal of the next record.</summary>
    public long NextOrdinal => _segments.Active.End;

    /// <summary>Ordinal of the oldest record kept; <see cref="NextOrdinal"/> when there is none.</summary>
    public long FirstOrdinal => _segments.Snapshot[0].BaseOrdinal;

    /// <summary>Size on disk.</summary>
    public long Bytes => _segments.Bytes;

    /// <summary>
    /// Appends; completes with the ordinal when the record is as durable as the policy says. A full disk or a failed
    /// write is a <see cref="RecommenderException"/> (StorageFull) and leaves no part of the record behind.
    /// </summary>
    /// <param name="payload">0 to <see cref="SegmentedLogOptions.MaxRecordBytes"/> bytes; not to be changed until the task completes.</param>
    /// <param name="cancellationToken">
    /// Withdraws a record that the writer has not taken yet; a task that ends cancelled left nothing in the log. A
    /// record that was taken is written, and the task ends as if nobody had cancelled.
    /// </param>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        if (payload.Length > _options.MaxRecordBytes)
            throw RecommenderException.Invalid(
                "record", payload.Length, $"at most {_options.MaxRecordBytes} bytes", kind: RefusalKind.TooLarge);
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(_queue.Add(payload, cancellationToken));
    }

    /// <summary>
    /// Records from an ordinal on, as of the call; each payload is a fresh array. Emptied records come as empty
    /// payloads; segments dropped meanwhile are passed over.
    /// </summary>
    public IEnumerable<LogRecord> Read(long fromOrdinal = 0)
    {
        var segments = _segments.Snapshot;
        return SegmentSequence.Read(
            _segments.Directory, fromOrdinal, segments[^1].End, Array.ConvertAll(segments, segment => segment.BaseOrdinal), _segments);
    }

    /// <summary>
    /// The same for a folder that another process may be writing; a torn tail ends the sequence. When segments are
    /// dropped while it reads, it goes on to the newest there are. Damage in what had been flushed is an <see cref="InvalidDataException"/> with file and offset.
    /// </summary>
    public static IEnumerable<LogRecord> ReadFolder(string directory, long fromOrdinal = 0) =>
        SegmentSequence.Read(directory, fromOrdinal, null, SegmentFormat.List(directory));

    /// <summary>
    /// Rewrites the segments in which <paramref name="map"/> changes a record (it returns the same memory for no
    /// change, empty for "nothing left"); it is called once for each record held at the call. Ordinals stay.
    /// Crash-safe: each segment is the old or the new one. Returns the number of files rewritten. Appends wait
    /// meanwhile only to roll the active segment.
    /// </summary>
    public int Rewrite(Func<LogRecord, ReadOnlyMemory<byte>> map)
    {
        lock (_rewriting)
        {
            var files = 0;
            foreach (var segment in _segments.Snapshot)
            {
                try
                {
                    using var rewriter = new SegmentRewriter(_segments, _writer, map, _options.MaxRecordBytes);
                    files += rewriter.Rewrite(segment) ? 1 : 0;
                }
                catch (IOException problem)
                {
                    throw new RecommenderException(
                        RefusalKind.StorageFull, $"A segment could not be rewritten; it is as it was: {problem.Message}", problem);
                }
            }
            return files;
        }
    }

    /// <summary>Drops whole segments all of whose records are below the ordinal, never the active one; returns bytes freed.</summary>
    public long DropBefore(long ordinal) => _segments.DropWhile(segment => segment.End <= ordinal);

    /// <summary>Closes the active segment, if it holds anything, so that it can be dropped.</summary>
    internal void Roll() => _writer.RollNow();

    /// <summary>Writes and flushes what is queued; later appends are refused.</summary>
    public async ValueTask DisposeAsync() => await (_stopped ??= _writer.StopAsync()).ConfigureAwait(false);
}

/// <param name="Ordinal">Its number in the log, from 0; stays when the log is rewritten.</param>
/// <param name="Payload">Empty for an emptied record.</param>
public readonly record struct LogRecord(long Ordinal, ReadOnlyMemory<byte> Payload);

/// <summary>What opening found.</summary>
/// <param name="Records">Whole records.</param>
/// <param name="TornBytes">Bytes cut from the tail; 0 after a clean stop.</param>
/// <param name="TornFile">The file they were cut from.</param>
public sealed record LogRecovery(long Records, long TornBytes, string? TornFile);
