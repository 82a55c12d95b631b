namespace Recs.Engine.Retrieval;

/// <summary>
/// Items in the session's strongest categories and tags (those of the seed on "similar to" pages), ordered by match
/// times smoothed popularity (<see cref="TasteMatch"/>). Needs no model, so it finds items that nobody has met yet.
/// </summary>
public sealed class ContentSource(ItemCatalog catalog, AttentionRankings rankings) : ICandidateSource
{
    // The strongest terms looked up; more would be noise, and time.
    private const int MaxCategories = 4, MaxTags = 6;

    // Of every term, beside the most popular: the newest, which no popularity speaks for.
    private const int NewestPerTerm = 16;

    // With no more eligible items than this each is matched directly.
    private const int DirectCount = 1_024;

    // Items of one term looked at when its most popular ones are not eligible.
    private const int TermScanCap = 8_192;

    // With as many from one term there is no need to look further.
    private const int EnoughPerTerm = 16;

    public string Name => "content";

    public bool IsReady(RetrievalContext context) => rankings.IsReady(context);

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        var scratch = SourceScratch.Current;
        if (context.SeedItem < 0)
            scratch.Taste.Reset(context.Session);
        else if (catalog.Get(context.SeedItem) is { } seed)
            scratch.Taste.Reset(seed);
        else
            return ValueTask.CompletedTask;
        if (scratch.Taste.IsEmpty)
            return ValueTask.CompletedTask;

        var snapshot = rankings.For(context);
        var score = new ContentScore(catalog, snapshot, scratch.Taste);
        scratch.Top.Reset(context.Limit);
        if (context.EligibleCount <= DirectCount)
        {
            EligibleScan.Offer(context, ref score, scratch.Top, cancellationToken);
        }
        else
        {
            Collect(context, snapshot, scratch, cancellationToken);
            var items = scratch.Items.Keys;
            for (var i = 0; i < items.Length; i++)
            {
                var item = items[i];
                if (i + 2 * MemoryHint.Ahead < items.Length)
                    score.Prefetch(items[i + 2 * MemoryHint.Ahead]);
                var value = score.Of(item);
                if (!float.IsNaN(value))
                    scratch.Top.Add(item, value);
            }
        }
        foreach (var key in scratch.Top.Ordered())
            candidates.Add(TopSelector.ItemOf(key), TopSelector.ScoreOf(key), context.SeedItem);
        return ValueTask.CompletedTask;
    }

    /// <summary>Gathers in <see cref="SourceScratch.Items"/> the eligible items that the strongest terms lead to.</summary>
    private static void Collect(RetrievalContext context, AttentionSnapshot snapshot, SourceScratch scratch, CancellationToken cancellationToken)
    {
        scratch.Items.Clear();
        Span<int> terms = stackalloc int[MaxTags];
        var categories = scratch.Taste.Strongest(isTag: false, terms[..MaxCategories]);
        for (var i = 0; i < categories; i++)
            CollectTerm(context, snapshot, false, terms[i], scratch, cancellationToken);
        var tags = scratch.Taste.Strongest(isTag: true, terms);
        for (var i = 0; i < tags; i++)
            CollectTerm(context, snapshot, true, terms[i], scratch, cancellationToken);
    }

    private static void CollectTerm(
        RetrievalContext context, AttentionSnapshot snapshot, bool isTag, int term, SourceScratch scratch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = Math.Max(20, context.Limit / 2);
        var taken = 0;
        var top = snapshot.TopOf(isTag, term);
        for (var i = 0; i < top.Length && taken < wanted; i++)
            taken += Take(context, top[i], scratch) ? 1 : 0;

        var all = snapshot.Carrying(isTag, term);
        var newest = all[^Math.Min(all.Length, NewestPerTerm)..];
        foreach (var item in newest)
            Take(context, item, scratch);

        if (taken >= EnoughPerTerm || all.Length <= top.Length)
            return;
        scratch.Inner.Reset(wanted);
        foreach (var item in all[^Math.Min(all.Length, TermScanCap)..])
        {
            if (context.Eligible[item])
                scratch.Inner.Add(item, snapshot.PopularityOf(item));
        }
        foreach (var key in scratch.Inner.Unordered())
            Take(context, TopSelector.ItemOf(key), scratch);
    }

    private static bool Take(RetrievalContext context, int item, SourceScratch scratch)
    {
        if (!context.Eligible[item] || item == context.SeedItem)
            return false;
        scratch.Items.Add(item, out _);
        return true;
    }

    private readonly struct ContentScore(ItemCatalog catalog, AttentionSnapshot snapshot, TasteMatch taste) : IItemScore
    {
        public void Prefetch(int item)
        {
            catalog.Traits.Prefetch(item);
            if ((uint)item < (uint)snapshot.Popularity.Length)
                MemoryHint.Soon(in snapshot.Popularity[item]);
        }

        public float Of(int item)
        {
            if (!catalog.Traits.TryRead(item, out var traits))
                return float.NaN;
            var terms = traits.Terms(catalog);
            var match = TasteMatch.Match(taste.CategoryShare(terms), taste.TagShare(terms));
            return match > 0 ? TasteMatch.Score(match, snapshot.PopularityOf(item)) : float.NaN;
        }
    }
}
