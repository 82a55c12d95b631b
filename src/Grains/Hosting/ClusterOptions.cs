using System.ComponentModel.DataAnnotations;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Grains.Hosting;

/// <summary>Settings of one silo's recommender. Those that all silos share are kept in the artifact store and compared at start.</summary>
public sealed record RecommenderClusterOptions : PageOptions
{
    /// <summary>The artifact store: catalogue, models, rules and logs. One folder that every silo can reach.</summary>
    public string ArtifactDirectory { get; init; } = "data";

    public SessionOptions Sessions { get; init; } = new();

    /// <summary>One partition's log. Default 64 MiB segments, flushed before the outbox is emptied.</summary>
    public SegmentedLogOptions EventLog { get; init; } = new();

    /// <summary>One partition's impressions. Default 16 MiB segments, flushed every second, at most 256 MiB kept.</summary>
    public SegmentedLogOptions ImpressionLog { get; init; } = new()
    {
        SegmentBytes = 16L << 20,
        Flush = FlushPolicy.EverySecond,
        MaxBytes = 256L << 20,
        DropOldest = true,
    };

    /// <summary>Partitions of the event log; the same for every silo and for good. Default 4, 1 to 1,000.</summary>
    [Range(1, 1000)]
    public int LogPartitions { get; init; } = 4;

    /// <summary>Shards of each vector space; the same for every silo. Default 2, 1 to 1,024.</summary>
    [Range(1, 1024)]
    public int Shards { get; init; } = 2;

    /// <summary>Replicas of each shard, on different silos while there are as many. Default 2, 1 to 8.</summary>
    [Range(1, 8)]
    public int Replicas { get; init; } = 2;

    /// <summary>A shard that has not answered for this long is asked again at another replica. Default 8 ms.</summary>
    public TimeSpan HedgeAfter { get; init; } = TimeSpan.FromMilliseconds(8);

    /// <summary>Item ids held; a further one is refused. Default 1,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxItems { get; init; } = 1_000_000;

    /// <summary>
    /// Named spaces that items may have vectors in, beside those that the artifact store has already: a declared space stays.
    /// A silo that was started before a space was declared serves without it until it is started again. Default none.
    /// </summary>
    public IReadOnlyList<VectorSpace> Spaces { get; init; } = [];

    /// <summary>Bytes of float vectors held in all named spaces, on every silo; a write beyond is refused. Default 2 GiB, 0 up.</summary>
    [Range(0, long.MaxValue)]
    public long MaxVectorBytes { get; init; } = ItemVectors.DefaultMaxBytes;

    /// <summary>How often a silo looks for newer models, missing shards and missed catalogue writes. Default 1 s.</summary>
    public TimeSpan KeepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Events that may wait in one user's outbox; beyond it the user's events are refused as overloaded. Default 2,000.</summary>
    [Range(100, 100_000)]
    public int OutboxCap { get; init; } = 2_000;

    /// <summary>Frames that may wait in one silo's outboxes; beyond it events are refused as overloaded. Default 100,000.</summary>
    [Range(1_000, 10_000_000)]
    public int PendingCap { get; init; } = 100_000;

    /// <summary>
    /// How long a catalogue write waits for a silo that does not answer before it says so. Default 30 s: a silo whose index
    /// learns anew may hold a write up for 20 s.
    /// </summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest backlog of the event stream, in entries (the events of one user in one publish); beyond it publishing is
    /// refused as overloaded. Default 1,000,000.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public long StreamBacklogCap { get; init; } = 1_000_000;
}
