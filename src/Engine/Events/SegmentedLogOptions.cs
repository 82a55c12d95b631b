namespace Recs.Engine.Events;

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
    /// <summary>A segment is closed before it would pass this size (one record may be larger). Default 64 MiB, 64 KiB to 1 GiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    public FlushPolicy Flush { get; init; } = FlushPolicy.EveryCommit;

    /// <summary>Largest record. Default 8 MiB, 1 KiB to 256 MiB.</summary>
    public int MaxRecordBytes { get; init; } = 8 << 20;

    /// <summary>
    /// Bytes that may wait for the writer; beyond it appends are refused as overloaded. Default 64 MiB, at least 1 KiB.
    /// Each record counts its payload and 272 bytes more. A larger one is let in when nothing else waits.
    /// </summary>
    public long MaxQueuedBytes { get; init; } = 64L << 20;

    /// <summary>Cap on the log's size on disk, at least 256 KiB; beyond it appends are refused as StorageFull. Default none.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>
    /// At <see cref="MaxBytes"/> the oldest segments are dropped instead of refusing appends. Segments are then at
    /// most a quarter of the cap, so that at least three quarters of it are kept.
    /// </summary>
    public bool DropOldest { get; init; }

    /// <summary>
    /// How long the writer waits for more records once there is one, so that it need not be woken for each; an append takes as much
    /// longer, by the machine's own clock, unless half of what may wait is there. Default none, whole milliseconds to 1 s.
    /// </summary>
    public TimeSpan Linger { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        Check(nameof(SegmentBytes), SegmentBytes, 64 << 10, 1 << 30);
        Check(nameof(MaxRecordBytes), MaxRecordBytes, 1 << 10, 256 << 20);
        Check(nameof(MaxQueuedBytes), MaxQueuedBytes, 1 << 10, long.MaxValue);
        if (MaxBytes is { } cap)
            Check(nameof(MaxBytes), cap, 256 << 10, long.MaxValue);
        if (Linger < TimeSpan.Zero || Linger > TimeSpan.FromSeconds(1))
            throw RecommenderException.Invalid("linger", Linger, "0 to 1 s");
        if (!Enum.IsDefined(Flush))
            throw RecommenderException.Invalid("flush", Flush, "everyCommit or everySecond");
        if (DropOldest && MaxBytes is null)
            throw RecommenderException.Invalid("dropOldest", DropOldest, "false without maxBytes");
    }

    /// <summary>Where the writer rolls.</summary>
    internal long RollBytes => DropOldest ? Math.Min(SegmentBytes, MaxBytes!.Value / 4) : SegmentBytes;

    private static void Check(string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw RecommenderException.Invalid(
                char.ToLowerInvariant(name[0]) + name[1..], value, most == long.MaxValue ? $"{least} or more" : $"{least} to {most}");
    }
}
