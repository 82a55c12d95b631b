using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;

namespace Recs.Engine.Embedded;

/// <summary>The one-process recommender over one data folder. Thread-safe.</summary>
public sealed class EmbeddedRecommender(RecommenderOptions options, TimeProvider time, ILoggerFactory loggers)
    : IRecommender, IAsyncDisposable
{
    public RecommenderOptions Options { get; } = options;

    internal TimeProvider Time { get; } = time;

    internal ILoggerFactory Loggers { get; } = loggers;

    /// <summary>
    /// Takes the folder's lock, recovers, loads the newest model and starts the background work. Calls made earlier
    /// are refused as NotReady; <see cref="StatusAsync"/> answers at any time.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Looks for a newer model now; returns the active version afterwards.</summary>
    public Task<string?> ReloadModelAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<Receipt> ObserveAsync(IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
