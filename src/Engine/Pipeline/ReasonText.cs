namespace Recs.Engine.Pipeline;

/// <summary>One sentence for people: why an item is on a page. The strongest statement that is true.</summary>
internal static class ReasonText
{
    public static string For(PageRun run, int candidate, ItemCatalog catalog)
    {
        var candidates = run.Candidates;
        var item = candidates.Items[candidate];
        if (Found(candidates, candidate, "pinned"))
            return "Picked for you by the shop";
        if (run.Plan.Kind == PageKind.Similar)
            return $"Similar to {TitleOf(run.Plan.SeedItem, catalog)}";
        if (run.Plan.Kind == PageKind.Trending)
            return Found(candidates, candidate, "trending") ? "Trending now" : "Popular with everybody";
        if (candidates.Because[candidate] is var because and >= 0)
            return $"{Verb(run.Plan.Session, because)} {TitleOf(because, catalog)}";
        if (Found(candidates, candidate, "als"))
            return "People with your taste chose it";
        if (Found(candidates, candidate, "content") && SharedCategory(run.Plan.Session, catalog, item) is { } category)
            return $"Because you look at {category}";
        if (Found(candidates, candidate, "trending"))
            return "Trending now";
        return Found(candidates, candidate, "new") ? "New arrival" : "Popular with everybody";
    }

    private static string Verb(UserSession session, int item)
    {
        for (var i = session.Recent.Length - 1; i >= 0; i--)
        {
            if (session.Recent[i].Item != item)
                continue;
            return session.Recent[i].Type switch
            {
                InteractionType.Purchase => "Because you bought",
                InteractionType.Like => "Because you liked",
                InteractionType.AddToCart => "Because you chose",
                InteractionType.Rating => "Because you rated",
                _ => "Because you looked at",
            };
        }

        return "Because you looked at";
    }

    private static string? SharedCategory(UserSession session, ItemCatalog catalog, int item)
    {
        if (catalog.Get(item) is not { } entry)
            return null;
        var best = default(Affinity);
        foreach (var affinity in session.Categories)
        {
            if (affinity.Weight > best.Weight && entry.CategoryCodes.AsSpan().Contains(affinity.Term))
                best = affinity;
        }

        return best.Weight > 0 ? catalog.Terms.TextOf(best.Term) : null;
    }

    private static bool Found(CandidateSet candidates, int candidate, string source)
    {
        for (var s = 0; s < candidates.Sources.Count; s++)
        {
            if (candidates.Sources[s] == source)
                return (candidates.SourceBits[candidate] >> s & 1) != 0;
        }

        return false;
    }

    private static string TitleOf(int item, ItemCatalog catalog) =>
        catalog.Get(item)?.Item is { Title.Length: > 0 } known ? known.Title : catalog.IdOf(item);
}
