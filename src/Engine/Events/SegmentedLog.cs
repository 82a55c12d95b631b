namespace Recs.Engine.Events;

/// <summary>
/// An append-only log of opaque records in checksummed segment files, with group commit: callers that append at the
/// same time share one write and one flush. Records have ordinals, from 0, that survive rewriting.
/// Appends are thread-safe; reading needs no lock and works while another process appends.
/// </summary>
public sealed class SegmentedLog : IAsyncDisposable
{
    /// <summary>Opens or creates; cuts a torn tail and says so in the report. Damage before the tail is refused.</summary>
    public static SegmentedLog Open(string directory, SegmentedLogOptions options, out LogRecovery recovery) =>
        throw new NotImplementedException();

    /// <summary>Ordinal of the next record.</summary>
    public long NextOrdinal => throw new NotImplementedException();

    /// <summary>Ordinal of the oldest record kept.</summary>
    public long FirstOrdinal => throw new NotImplementedException();

    public long Bytes => throw new NotImplementedException();

    /// <summary>
    /// Appends; completes with the ordinal when the record is as durable as the policy says. A full disk or a failed
    /// write is a <see cref="RecommenderException"/> (StorageFull) and leaves no part of the record behind.
    /// </summary>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Records from an ordinal on, as of the call; each payload is a fresh array.</summary>
    public IEnumerable<LogRecord> Read(long fromOrdinal = 0) => throw new NotImplementedException();

    /// <summary>The same for a folder that another process may be writing; a torn tail ends the sequence.</summary>
    public static IEnumerable<LogRecord> ReadFolder(string directory, long fromOrdinal = 0) =>
        throw new NotImplementedException();

    /// <summary>
    /// Rewrites the segments in which <paramref name="map"/> changes a record (it returns the same memory for no
    /// change, empty for "nothing left"). Ordinals stay. Crash-safe: each segment is the old or the new one.
    /// Returns the number of files rewritten. Appends wait meanwhile only to roll the active segment.
    /// </summary>
    public int Rewrite(Func<LogRecord, ReadOnlyMemory<byte>> map) => throw new NotImplementedException();

    /// <summary>Drops whole segments all of whose records are below the ordinal; returns bytes freed.</summary>
    public long DropBefore(long ordinal) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

public readonly record struct LogRecord(long Ordinal, ReadOnlyMemory<byte> Payload);

/// <summary>What opening found.</summary>
/// <param name="Records">Whole records.</param>
/// <param name="TornBytes">Bytes cut from the tail; 0 after a clean stop.</param>
/// <param name="TornFile">The file they were cut from.</param>
public sealed record LogRecovery(long Records, long TornBytes, string? TornFile);

/// <summary>When an append counts as durable.</summary>
public enum FlushPolicy
{
    /// <summary>On disk (fsync) before the acknowledgement. Survives power loss.</summary>
    EveryCommit,

    /// <summary>Handed to the operating system before the acknowledgement, flushed every second. Survives the process, may lose a second on power loss.</summary>
    EverySecond,
}

public sealed record SegmentedLogOptions
{
    /// <summary>A segment is closed past this size. Default 64 MiB, 64 KiB to 1 GiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    public FlushPolicy Flush { get; init; } = FlushPolicy.EveryCommit;

    /// <summary>Largest record. Default 8 MiB.</summary>
    public int MaxRecordBytes { get; init; } = 8 << 20;

    /// <summary>Bytes that may wait for the writer; beyond it appends are refused as overloaded. Default 64 MiB.</summary>
    public long MaxQueuedBytes { get; init; } = 64L << 20;

    /// <summary>Cap on the log's size on disk; beyond it appends are refused as StorageFull. Default none.</summary>
    public long? MaxBytes { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
