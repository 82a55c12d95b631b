using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// The hand of the control grains on one silo; its key is the silo's address, and it is placed there and nowhere else.
/// </summary>
[Alias("recs.agent")]
public interface ISiloAgentGrain : IGrainWithStringKey
{
    /// <summary>Applies catalogue records in order; asks for what is missing. Returns the record it now waits for.</summary>
    [Alias("catalog"), AlwaysInterleave]
    Task<long> ApplyCatalogAsync([Immutable] CatalogChanges changes);

    /// <summary>Loads a model beside the one that serves. False when it was refused.</summary>
    [Alias("prepare"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task<bool> PrepareModelAsync(string version);

    /// <summary>Serves the prepared model from the next page on.</summary>
    [Alias("activate"), AlwaysInterleave]
    Task ActivateModelAsync(string version);

    /// <summary>Reads the rules again.</summary>
    [Alias("rules"), AlwaysInterleave]
    Task RefreshRulesAsync();

    /// <summary>
    /// Drops what waits on this silo of these users: impressions to be sent, those of pages that were begun before now,
    /// and events that it parked. Completes when nothing of them is on the way.
    /// </summary>
    [Alias("forget"), AlwaysInterleave]
    Task ForgetAsync([Immutable] string[] userIds);

    /// <summary>This silo's own figures; outboxes that wait are sent first, for at most <paramref name="patience"/>.</summary>
    [Alias("status"), AlwaysInterleave]
    [return: Immutable]
    Task<RecommenderStatus> StatusAsync(TimeSpan patience);
}
