using Recs.Engine.Monitoring;
using Recs.Engine.Policies;

namespace Recs.Engine;

/// <summary>
/// The recommender, whichever host stands behind it: one process or a cluster. Safe for concurrent use.
/// Refusals are <see cref="RecommenderException"/> with the offending value and the legal range; a refused call
/// changes nothing.
/// </summary>
public interface IRecommender
{
    /// <summary>
    /// Records a batch, all or nothing. When the task completes every accepted event is durable, applied to its
    /// user's session, and visible to the next page. A cluster records each user's part all or nothing, and says
    /// <see cref="OutcomeUnknownException"/> when the answer was lost and the events had no ids.
    /// </summary>
    /// <param name="events">1 to <see cref="Limits.MaxEventsPerBatch"/> events.</param>
    /// <param name="import">Names the rows of an import, so that the same rows arriving again change nothing.</param>
    /// <param name="cancellationToken">Stops waiting; a batch already handed to the log may still become durable.</param>
    ValueTask<Receipt> ObserveAsync(
        IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default);

    /// <summary>A page for one user, within the request's deadline.</summary>
    ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default);

    /// <summary>Items like one item; never the item itself.</summary>
    ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default);

    /// <summary>What gains attention now.</summary>
    ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default);

    /// <summary>What is held about a user; <see langword="null"/> for a user never seen.</summary>
    ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the guest's history part of the target's; idempotent. Afterwards the guest id forwards to the target.
    /// </summary>
    ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a user, and every guest merged into it, from memory, disk, logs and the next training set, then
    /// searches for what is left; the receipt carries what was found (0).
    /// </summary>
    ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>An item of the catalogue, or <see langword="null"/>.</summary>
    ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces items, all or nothing; they are durable and findable when the task completes.</summary>
    ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default);

    /// <summary>Deletes an item; it is on no page when the task completes. False when there was none.</summary>
    ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default);

    /// <summary>The models known to this host, newest first.</summary>
    ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default);

    /// <summary>The pin, boost and bury rules in force.</summary>
    ValueTask<RuleSet> GetRulesAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the rules, all or nothing; durable and in force when the task completes.</summary>
    ValueTask ReplaceRulesAsync(RuleSet rules, CancellationToken cancellationToken = default);

    /// <summary>Figures for operators: rates, latencies, counts, memory.</summary>
    ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default);
}
