namespace Recs.Engine.Retrieval;

/// <summary>
/// What is popular and what trends, remade when a page finds it stale: after a new model, after events worth a
/// tenth of the catalogue (writes worth a five-thousandth), or after any change once a millisecond per 20 items has passed. One page
/// remakes it, pages beside it use the old one. Thread-safe.
/// </summary>
public sealed class AttentionRankings(ItemCatalog catalog, ItemCounters counters)
{
    private const int ItemsPerMs = 20, ItemsPerEvent = 10, ItemsPerWrite = 5_000;

    private readonly Lock _making = new();
    private AttentionSnapshot? _snapshot;

    /// <summary>One snapshot for all sources of a page, so that the page does not depend on which of them came first.</summary>
    internal AttentionSnapshot For(RetrievalContext context)
    {
        lock (context.Choosing)
            return context.Attention ??= Choose(context);
    }

    /// <summary>
    /// True when the page has its snapshot, chosen now if need be; false, without a wait, where one would have to be made.
    /// </summary>
    internal bool IsReady(RetrievalContext context)
    {
        if (!context.Choosing.TryEnter())
            return false;
        try
        {
            if (context.Attention is null && Volatile.Read(ref _snapshot) is { } snapshot && !IsStale(snapshot, context))
                context.Attention = snapshot;
            return context.Attention is not null;
        }
        finally
        {
            context.Choosing.Exit();
        }
    }

    private AttentionSnapshot Choose(RetrievalContext context)
    {
        var snapshot = Volatile.Read(ref _snapshot);
        if (snapshot is not null && !IsStale(snapshot, context))
            return snapshot;
        if (snapshot is null)
            _making.Enter();
        else if (!_making.TryEnter())
            return snapshot;
        try
        {
            // Somebody else may have made it while this page waited.
            if (_snapshot is not { } latest || IsStale(latest, context))
                Volatile.Write(ref _snapshot, latest = new AttentionSnapshot(catalog, counters, context.Model, context.NowMs));
            return latest;
        }
        finally
        {
            _making.Exit();
        }
    }

    private bool IsStale(AttentionSnapshot snapshot, RetrievalContext context)
    {
        if (!ReferenceEquals(snapshot.Model, context.Model))
            return true;
        var events = counters.Counted - snapshot.Counted;
        var writes = catalog.Version - snapshot.CatalogVersion;
        if (events == 0 && writes == 0)
            return false;
        var items = snapshot.Popularity.Length;
        return events > items / ItemsPerEvent || writes > items / ItemsPerWrite
            || Math.Abs(context.NowMs - snapshot.BuiltMs) >= items / ItemsPerMs;
    }
}
