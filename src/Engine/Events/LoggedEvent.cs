namespace Recs.Engine.Events;

/// <summary>An accepted event, as the log keeps it.</summary>
public sealed record LoggedEvent
{
    public required string UserId { get; init; }

    /// <summary>The user's sequence number of this event.</summary>
    public required long Sequence { get; init; }

    public required string ItemId { get; init; }

    public required InteractionType Type { get; init; }

    /// <summary>Event time, milliseconds since 1970.</summary>
    public required long AtMs { get; init; }

    public double? Weight { get; init; }

    public double? Revenue { get; init; }

    /// <summary>Hash of the producer's event id; 0 when it sent none.</summary>
    public ulong EventIdHash { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>One frame of the event log: written whole or not at all.</summary>
public abstract record LogEntry
{
    private LogEntry() { }

    /// <summary>A batch of accepted events. Rows of an import carry the source and the row after the last one.</summary>
    public sealed record Events(IReadOnlyList<LoggedEvent> Accepted, string? ImportSource = null, long ImportNextRow = 0)
        : LogEntry;

    /// <summary>A merge: the target's event number, and the guest's session as it was (an encoded session).</summary>
    public sealed record Merge(string GuestId, string TargetId, long Sequence, ReadOnlyMemory<byte> GuestSession)
        : LogEntry;
}
