using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// One partition of the event log, by number: users' outboxes drain here, training and counters read it. It drops what
/// it has already by (user, sequence), so sending again is harmless. It owns its folder of the artifact store by a lock
/// that ends with its process.
/// </summary>
[Alias("recs.log")]
public interface IEventLogGrain : IGrainWithIntegerKey
{
    /// <summary>Durable when it completes.</summary>
    /// <param name="frames">Encoded log entries (docs/formats.md), each of one user, each user's in order.</param>
    [Alias("append")]
    Task AppendAsync([Immutable] byte[][] frames);

    /// <summary>Impression records (docs/formats.md). Kept at the policy of the impression log; a repeat is kept twice.</summary>
    [Alias("impressions")]
    Task AppendImpressionsAsync([Immutable] byte[][] records);

    /// <summary>Everything counted so far, and the record that comes next.</summary>
    [Alias("counters"), AlwaysInterleave]
    [return: Immutable]
    Task<CounterSnapshot> CountersAsync();

    /// <summary>
    /// What was counted from a record on. Waits up to two seconds for something to come; empty when nothing does.
    /// </summary>
    [Alias("counts"), AlwaysInterleave]
    [return: Immutable]
    Task<CounterFeed> CountsSinceAsync(long fromOrdinal);

    /// <summary>Takes users out of the partition's logs and searches them again.</summary>
    [Alias("erase"), ResponseTimeout("00:05:00")]
    [return: Immutable]
    Task<LogErasure> EraseAsync([Immutable] string[] userIds);

    [Alias("figures"), AlwaysInterleave]
    [return: Immutable]
    Task<LogFigures> FiguresAsync();
}

/// <summary>The counters of one partition.</summary>
[GenerateSerializer, Immutable, Alias("recs.counter-snapshot")]
public sealed record CounterSnapshot
{
    /// <summary>Encoded item counters (docs/formats.md).</summary>
    [Id(0)]
    public required byte[] Counters { get; init; }

    [Id(1)]
    public required long NextOrdinal { get; init; }
}

/// <summary>Events as the counters take them, column by column.</summary>
[GenerateSerializer, Immutable, Alias("recs.counter-feed")]
public sealed record CounterFeed
{
    /// <summary>Distinct item ids; <see cref="Item"/> points here.</summary>
    [Id(0)]
    public required string[] ItemIds { get; init; }

    [Id(1)]
    public required int[] Item { get; init; }

    [Id(2)]
    public required byte[] Type { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    [Id(3)]
    public required long[] AtMs { get; init; }

    /// <summary>NaN for none.</summary>
    [Id(4)]
    public required double[] Weight { get; init; }

    [Id(5)]
    public required long NextOrdinal { get; init; }

    /// <summary>Keys of the users, for what is met in one visit; they name nobody.</summary>
    [Id(7)]
    public required ulong[] User { get; init; }

    /// <summary>Records before this one are dropped here: take <see cref="IEventLogGrain.CountersAsync"/> and start over.</summary>
    [Id(6)]
    public bool StartOver { get; init; }
}

/// <summary>What a removal found in one partition.</summary>
[GenerateSerializer, Immutable, Alias("recs.log-erasure")]
public sealed record LogErasure
{
    [Id(0)]
    public required long EventsRemoved { get; init; }

    [Id(1)]
    public required long ImpressionsRemoved { get; init; }

    [Id(2)]
    public required int FilesRewritten { get; init; }

    [Id(3)]
    public required long BytesSearched { get; init; }

    [Id(4)]
    public required long Remaining { get; init; }
}

/// <summary>Size of one partition.</summary>
[GenerateSerializer, Immutable, Alias("recs.log-figures")]
public sealed record LogFigures
{
    [Id(0)]
    public required long Events { get; init; }

    [Id(1)]
    public required long Users { get; init; }

    [Id(2)]
    public required long Bytes { get; init; }
}
