using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// The one writer of what every silo shares (key 0): model roll-out, rules, forgetting, and the figures of the cluster.
/// </summary>
[Alias("recs.control")]
public interface IControlGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Looks for a newer model and rolls it out: every silo and shard loads it beside the one that serves, then all
    /// switch. Returns the active version.
    /// </summary>
    [Alias("roll-out"), ResponseTimeout("00:10:00")]
    Task<string?> RollOutModelAsync();

    /// <summary>Checked, durable and in force on every silo when it completes.</summary>
    [Alias("rules"), ResponseTimeout("00:00:30")]
    Task ReplaceRulesAsync([Immutable] RuleSet rules);

    /// <summary>
    /// Forgets a user and everybody merged into it. The ids are durable first, so that a removal that is cut short is
    /// finished later.
    /// </summary>
    [Alias("forget"), ResponseTimeout("00:05:00")]
    [return: Immutable]
    Task<ForgetReceipt> ForgetAsync(string userId);

    /// <summary>Figures of the whole cluster: sums of counts and rates, percentiles merged by weight.</summary>
    [Alias("status"), AlwaysInterleave]
    [return: Immutable]
    Task<RecommenderStatus> StatusAsync();
}

/// <summary>The one writer of the catalogue (key 0).</summary>
[Alias("recs.catalog")]
public interface ICatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Durable, and findable on every silo, when it completes.</summary>
    [Alias("upsert"), ResponseTimeout("00:01:00")]
    [return: Immutable]
    Task<CatalogReceipt> UpsertAsync([Immutable] IReadOnlyList<Item> items);

    /// <summary>Durable, and gone from every silo, when it completes. False when there was none.</summary>
    [Alias("delete"), ResponseTimeout("00:01:00")]
    Task<bool> DeleteAsync(string itemId);

    /// <summary>The catalogue's log from a record on, for a silo that returns or missed something.</summary>
    /// <param name="fromOrdinal">The first record wanted, 0 or more.</param>
    /// <param name="silo">Its address: from now on it is told of every write before the write is acknowledged.</param>
    [Alias("read"), AlwaysInterleave]
    [return: Immutable]
    Task<CatalogChanges> ReadAsync(long fromOrdinal, string silo);
}

/// <summary>Records of the catalogue's log, in order, without a gap; some megabytes of them at most.</summary>
[GenerateSerializer, Immutable, Alias("recs.catalog-changes")]
public sealed record CatalogChanges
{
    /// <summary>The record after the last one here.</summary>
    [Id(0)]
    public required long NextOrdinal { get; init; }

    /// <summary>The record before the first one here was this one's predecessor; a reader that is behind it asks again.</summary>
    [Id(1)]
    public required long FromOrdinal { get; init; }

    /// <summary>Encoded records; their layout is in docs/formats.md.</summary>
    [Id(2)]
    public required byte[][] Records { get; init; }

    /// <summary>The catalogue's version after them.</summary>
    [Id(3)]
    public required long Version { get; init; }
}
