namespace Recs.Engine.Pipeline;

/// <summary>Plans of pages from checked requests and the snapshot at hand; the same for every host.</summary>
internal static class PagePlans
{
    /// <exception cref="RecommenderException">
    /// Invalid: <see cref="PageRequest.After"/> was never issued. A late session cannot tell, so it does not refuse.
    /// </exception>
    public static PagePlan For(PageRequest request, UserSession session, bool late, long started, TimeSpan whole)
    {
        if (!late && request.After > session.Sequence)
        {
            throw RecommenderException.Invalid(
                "after", request.After, $"at most {session.Sequence}: no later sequence of this user was ever issued");
        }

        return new PagePlan
        {
            Kind = PageKind.Personal,
            UserId = request.UserId,
            Session = session,
            SessionLate = late,
            Count = request.Count,
            Surface = request.Surface,
            Filter = request.Filter,
            Exclude = request.Exclude,
            IncludeSeen = request.IncludeSeen,
            Explain = request.Explain || request.WhyNot.Count > 0,
            WhyNot = request.WhyNot,
            Started = started,
            Deadline = request.Deadline ?? whole,
        };
    }

    /// <exception cref="RecommenderException">As <see cref="SeedOf"/> says.</exception>
    public static PagePlan For(
        SimilarRequest request, ItemCatalog catalog, UserSession session, bool late, long started, TimeSpan whole) => new()
        {
            Kind = PageKind.Similar,
            UserId = request.UserId,
            Session = session,
            SessionLate = late,
            SeedItem = SeedOf(request, catalog).Number,
            Space = request.Space,
            Count = request.Count,
            Surface = "similar",
            Filter = request.Filter,
            Exclude = request.Exclude,
            Explain = request.Explain,
            Started = started,
            Deadline = request.Deadline ?? whole,
        };

    public static PagePlan For(TrendingRequest request, UserSession session, bool late, long started, TimeSpan whole) => new()
    {
        Kind = PageKind.Trending,
        UserId = request.UserId,
        Session = session,
        SessionLate = late,
        Count = request.Count,
        Surface = "trending",
        Filter = request.Filter,
        Exclude = request.Exclude,
        Explain = request.Explain,
        Started = started,
        Deadline = request.Deadline ?? whole,
    };

    /// <summary>A page for nobody, whose making warms the code up. Nothing of it is logged.</summary>
    /// <param name="started">As of the clock.</param>
    /// <param name="session">Nobody's, with a few items in it.</param>
    public static PagePlan WarmUp(long started, UserSession session) => new()
    {
        Kind = PageKind.Personal,
        UserId = null,
        Session = session,
        Count = Limits.DefaultPageSize,
        Surface = "warm-up",
        IsWarmUp = true,
        Filter = null,
        Exclude = [],
        Explain = true,
        Started = started,
        Deadline = Limits.MaxDeadline,
    };

    /// <exception cref="RecommenderException">NotFound: no such item, or it has no vector in the space. Invalid: no such space.</exception>
    public static CatalogItem SeedOf(SimilarRequest request, ItemCatalog catalog)
    {
        var space = request.Space is null ? null : catalog.Vectors.Get(request.Space, "space");
        if (catalog.Get(request.ItemId) is not { } seed)
            throw Missing($"No item '{request.ItemId}' in the catalogue.");
        if (space is not null && !space.Has(seed.Number))
            throw Missing($"Item '{request.ItemId}' has no vector in space '{request.Space}'.");
        return seed;

        RecommenderException Missing(string message) => new(RefusalKind.NotFound, message) { Field = "itemId", Value = request.ItemId };
    }
}
