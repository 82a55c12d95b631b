using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// One replica of one shard of a vector space; key "space/shard/replica". It holds the vectors of the items whose stable
/// hash falls into the shard, under the active model and the one before it. Searches run off the grain's turn on an
/// immutable snapshot.
/// </summary>
[Alias("recs.shard")]
public interface IIndexShardGrain : IGrainWithStringKey
{
    /// <summary>
    /// The best items of the shard. <see cref="ShardAnswer.Ready"/> is false while the model that was asked for is still
    /// loading: ask another replica.
    /// </summary>
    [Alias("search"), AlwaysInterleave]
    [return: Immutable]
    Task<ShardAnswer> SearchAsync([Immutable] ShardQuery query);

    /// <summary>Loads a model's partition beside what is served; completes when it can be searched.</summary>
    [Alias("prepare"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task PrepareAsync(string modelVersion);

    /// <summary>Activates the replica, and tells how far it is.</summary>
    [Alias("ping"), AlwaysInterleave]
    [return: Immutable]
    Task<ShardHealth> PingAsync();

    /// <summary>Leaves its silo, so that it is placed anew where it belongs.</summary>
    [Alias("move")]
    Task MoveAsync();
}

/// <summary>A search of one shard. Its range of candidates is the shard's available items that pass.</summary>
[GenerateSerializer, Immutable, Alias("recs.shard-query")]
public sealed record ShardQuery
{
    [Id(0)]
    public required string ModelVersion { get; init; }

    /// <summary>Of the space's dimension.</summary>
    [Id(1)]
    public required float[] Vector { get; init; }

    /// <summary>0: inner product; 1: cosine.</summary>
    [Id(2)]
    public required byte Metric { get; init; }

    /// <summary>1 to 2,000.</summary>
    [Id(3)]
    public required int Limit { get; init; }

    /// <summary>Canonical text of the filter; null for none.</summary>
    [Id(4)]
    public string? Filter { get; init; }

    /// <summary>Items of this shard that must not come: seen, hidden, excluded.</summary>
    [Id(5)]
    public required string[] Without { get; init; }
}

/// <summary>What a shard found, best first.</summary>
[GenerateSerializer, Immutable, Alias("recs.shard-answer")]
public sealed record ShardAnswer
{
    [Id(0)]
    public required bool Ready { get; init; }

    [Id(1)]
    public string[] ItemIds { get; init; } = [];

    /// <summary>Exact scores.</summary>
    [Id(2)]
    public float[] Scores { get; init; } = [];
}

/// <summary>How one replica is.</summary>
[GenerateSerializer, Immutable, Alias("recs.shard-health")]
public sealed record ShardHealth
{
    /// <summary>The silo that holds it.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>Model versions that it can search; empty while it loads.</summary>
    [Id(1)]
    public required string[] Models { get; init; }

    [Id(2)]
    public required int Vectors { get; init; }

    [Id(3)]
    public required long Bytes { get; init; }
}
