namespace Recs.Engine.Retrieval;

/// <summary>
/// The newest items that few have met yet. The list of new items is remade when the catalogue has changed and a
/// millisecond per 20 items has passed; items added since are looked at directly, so that a new item is found at once.
/// </summary>
public sealed class NewSource(ItemCatalog catalog, ItemCounters counters) : ICandidateSource
{
    // An item with this many decayed positive events has had its chance to be met.
    private const double FewEvents = 10;

    private const int ItemsPerMs = 20, ItemsPerWrite = 5_000;

    // Items added since the list was made that are looked at, newest first.
    private const int TailCap = 512;

    private readonly Lock _making = new();
    private NewArrivals? _arrivals;

    public string Name => "new";

    public bool IsReady(RetrievalContext context) => Volatile.Read(ref _arrivals) is { } arrivals && !IsStale(arrivals, context.NowMs);

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        var arrivals = Current(context.NowMs);
        var selector = SourceScratch.Current.Top;
        selector.Reset(context.Limit);
        var counts = counters.ReadNewest();
        for (var item = catalog.Count - 1; item >= Math.Max(arrivals.Covered, catalog.Count - TailCap); item--)
            Offer(item);
        cancellationToken.ThrowIfCancellationRequested();
        var offered = 0;
        for (var i = 0; i < arrivals.Newest.Length && offered < context.Limit; i++)
        {
            if (i + MemoryHint.Ahead < arrivals.Newest.Length)
            {
                catalog.Traits.Prefetch(arrivals.Newest[i + MemoryHint.Ahead]);
                counts.Prefetch(arrivals.Newest[i + MemoryHint.Ahead]);
            }

            if (Offer(arrivals.Newest[i]))
                offered++;
        }
        foreach (var key in selector.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            candidates.Add(item, Freshness(TopSelector.ScoreOf(key)));
        }
        return ValueTask.CompletedTask;

        bool Offer(int item)
        {
            if (!context.Eligible[item] || item == context.SeedItem || !catalog.Traits.TryRead(item, out var traits)
                || traits.CreatedMs <= arrivals.MedianMs || counts.Of(item).Baseline > FewEvents)
                return false;
            selector.Add(item, arrivals.KeyOf(traits.CreatedMs));
            return true;
        }
    }

    /// <summary>1 / (1 + days behind the newest item): finite, and the order of creation.</summary>
    private static float Freshness(float createdKey) => 1 / (1 + Math.Max(0, -createdKey / 86_400_000f));

    private NewArrivals Current(long nowMs)
    {
        var arrivals = Volatile.Read(ref _arrivals);
        if (arrivals is not null && !IsStale(arrivals, nowMs))
            return arrivals;
        if (arrivals is null)
            _making.Enter();
        else if (!_making.TryEnter())
            return arrivals;
        try
        {
            if (_arrivals is not { } latest || IsStale(latest, nowMs))
                Volatile.Write(ref _arrivals, latest = new NewArrivals(catalog, nowMs));
            return latest;
        }
        finally
        {
            _making.Exit();
        }
    }

    private bool IsStale(NewArrivals arrivals, long nowMs)
    {
        var writes = catalog.Version - arrivals.Version;
        return writes != 0 && (writes > arrivals.Covered / ItemsPerWrite || Math.Abs(nowMs - arrivals.BuiltMs) >= arrivals.Covered / ItemsPerMs);
    }
}
