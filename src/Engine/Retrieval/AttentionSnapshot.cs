using System.Collections.Concurrent;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Popularity and trend of every item at one moment, with the best of each in order. Immutable but for the orders by
/// term, which are made when first asked for. Made by <see cref="AttentionRankings"/>.
/// </summary>
internal sealed class AttentionSnapshot
{
    /// <summary>Items kept in order of popularity, and in order of trend.</summary>
    public const int TopCap = 2_000;

    // Items kept per category or tag, and how many such orders: 8 MB at most.
    private const int TermTopCap = 1_024, MaxTerms = 2_048;

    private readonly ItemCatalog _catalog;
    private readonly ConcurrentDictionary<(bool IsTag, int Term), int[]> _byTerm = new();

    public AttentionSnapshot(ItemCatalog catalog, ItemCounters counters, RecommenderModel? model, long nowMs)
    {
        _catalog = catalog;
        Model = model;
        Counted = counters.Counted;
        CatalogVersion = catalog.Version;
        BuiltMs = nowMs;
        var available = new ItemMask();
        catalog.Match(null, available);
        Popularity = new float[available.Length];
        Surprise = new float[available.Length];
        counters.ReadAll(Surprise, Popularity);
        Fill(available, counters.Options, model?.Popularity ?? []);
    }

    public RecommenderModel? Model { get; }

    public long Counted { get; }

    public long CatalogVersion { get; }

    public long BuiltMs { get; }

    /// <summary>By item number: events with the long half-life, live and as of training, added up.</summary>
    public float[] Popularity { get; }

    /// <summary>By item number: <see cref="TrendScore.Surprise"/>.</summary>
    public float[] Surprise { get; }

    /// <summary>Available items, most popular first; at most <see cref="TopCap"/>.</summary>
    public int[] TopPopular { get; private set; } = [];

    /// <summary>Available items with more attention than expected, most surprising first; at most <see cref="TopCap"/>.</summary>
    public int[] TopTrending { get; private set; } = [];

    public float PopularityOf(int item) => (uint)item < (uint)Popularity.Length ? Popularity[item] : 0;

    /// <summary>NaN for an item that draws no more attention than expected.</summary>
    public float TrendOf(int item) => (uint)item < (uint)Surprise.Length && Surprise[item] > 0 ? Surprise[item] : float.NaN;

    /// <summary>The most popular items that carry a category or tag, in order; at most 1,024.</summary>
    public int[] TopOf(bool isTag, int term)
    {
        if (_byTerm.TryGetValue((isTag, term), out var top))
            return top;
        var selector = SourceScratch.Current.Inner;
        selector.Reset(TermTopCap);
        foreach (var item in Carrying(isTag, term))
            selector.Add(item, PopularityOf(item));
        top = ItemsOf(selector);
        if (_byTerm.Count < MaxTerms)
            _byTerm[(isTag, term)] = top;
        return top;
    }

    /// <summary>Available items that carry the term, newest last.</summary>
    public ReadOnlySpan<int> Carrying(bool isTag, int term) =>
        (isTag ? _catalog.WithTag(term) : _catalog.InCategory(term)).Span;

    private void Fill(ItemMask available, ItemCounterOptions options, float[] trained)
    {
        var (popular, trending) = (new TopSelector(), new TopSelector());
        popular.Reset(TopCap);
        trending.Reset(TopCap);
        for (var item = 0; item < Popularity.Length; item++)
        {
            var (recent, baseline) = (Surprise[item], Popularity[item]);
            Surprise[item] = recent > 0 ? TrendScore.Surprise(recent, baseline, options) : 0;
            Popularity[item] = baseline + (item < trained.Length ? trained[item] : 0);
            if (!available[item])
                continue;
            popular.Add(item, Popularity[item]);
            if (Surprise[item] > 0)
                trending.Add(item, Surprise[item]);
        }
        TopPopular = ItemsOf(popular);
        TopTrending = ItemsOf(trending);
    }

    private static int[] ItemsOf(TopSelector selector)
    {
        var keys = selector.Ordered();
        var items = new int[keys.Length];
        for (var i = 0; i < items.Length; i++)
            items[i] = TopSelector.ItemOf(keys[i]);
        return items;
    }
}
