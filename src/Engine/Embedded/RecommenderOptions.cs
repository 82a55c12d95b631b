using System.ComponentModel.DataAnnotations;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Embedded;

/// <summary>Settings of the one-process recommender. Validated at construction; a bad one is named with its range.</summary>
public sealed record RecommenderOptions : PageOptions
{
    /// <summary>The data folder; one process writes it at a time. Created when absent.</summary>
    public string DataDirectory { get; init; } = "data";

    public SessionOptions Sessions { get; init; } = new();

    public SegmentedLogOptions EventLog { get; init; } = new();

    /// <summary>Default 16 MiB segments, written every 10 ms, flushed every second, at most 1 GiB kept (oldest segments go first).</summary>
    public SegmentedLogOptions ImpressionLog { get; init; } = new()
    {
        SegmentBytes = 16L << 20,
        Flush = FlushPolicy.EverySecond,
        Linger = TimeSpan.FromMilliseconds(10),
        MaxBytes = 1L << 30,
        DropOldest = true,
    };

    /// <summary>Sessions kept in memory. Default 100,000, 100 to 10,000,000; the longest idle goes to disk first.</summary>
    [Range(100, 10_000_000)]
    public int MaxActiveSessions { get; init; } = 100_000;

    /// <summary>A session idle this long goes to disk. Default 30 min.</summary>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Users held, in memory or on disk; a further one is refused. Default 5,000,000.</summary>
    [Range(1, 100_000_000)]
    public long MaxUsers { get; init; } = 5_000_000;

    /// <summary>Item ids held; a further one is refused. Default 1,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxItems { get; init; } = 1_000_000;

    /// <summary>
    /// Named spaces that items may have vectors in, beside those that the folder has already: a declared space stays. Default
    /// none, at most 8, of 16 to 1,024 dimensions.
    /// </summary>
    public IReadOnlyList<VectorSpace> Spaces { get; init; } = [];

    /// <summary>Bytes of float vectors held in all named spaces; a write beyond is refused. Default 2 GiB, 0 up.</summary>
    [Range(0, long.MaxValue)]
    public long MaxVectorBytes { get; init; } = ItemVectors.DefaultMaxBytes;

    /// <summary>How often sessions are checkpointed. Default 1 min.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Event-log segments older than this are dropped, once trained sessions hold what they need. Default: kept.</summary>
    public TimeSpan? EventRetention { get; init; }

    /// <summary>How often the model folder is looked at for a newer version. Default 2 s.</summary>
    public TimeSpan ModelPollInterval { get; init; } = TimeSpan.FromSeconds(2);
}
