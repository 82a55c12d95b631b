namespace Recs.Engine.Catalog;

/// <summary>The catalogue's log: every write durable before it is acknowledged, then applied to the catalogue in memory.</summary>
public sealed class CatalogStore : IAsyncDisposable
{
    /// <summary>Opens or creates the log in a folder and replays it into <paramref name="catalog"/>.</summary>
    public static CatalogStore Open(string directory, SegmentedLogOptions options, ItemCatalog catalog, out LogRecovery recovery) =>
        throw new NotImplementedException();

    /// <summary>Replays a log that another process may be writing.</summary>
    public static void ReadInto(string directory, ItemCatalog catalog) => throw new NotImplementedException();

    /// <summary>Validates, logs, applies: all or nothing. Items equal to what is there are not logged.</summary>
    public ValueTask<CatalogReceipt> UpsertAsync(IReadOnlyList<Item> items, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    public ValueTask<bool> DeleteAsync(string itemId, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Rewrites the log to the present items when more than half of its entries are stale. Deleted ids stay known.</summary>
    public ValueTask CompactIfStaleAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
