using System.Globalization;

namespace Recs.Engine.Pipeline;

/// <summary>Says at which stage an item was lost, with the numbers.</summary>
internal sealed class WhyNotFinder(ItemCatalog catalog, PagePlan plan, CandidateSet candidates, float[] scores)
{
    /// <param name="itemId">The id asked about.</param>
    /// <param name="placeOf">0-based place on the page by item number; absent for items that are not on it.</param>
    public WhyNot Find(string itemId, IReadOnlyDictionary<int, int> placeOf)
    {
        if (!catalog.TryGetNumber(itemId, out var item) || catalog.Get(item) is not { } entry)
            return new WhyNot(itemId, "catalog", "The catalogue has no such item.");
        if (placeOf.TryGetValue(item, out var place))
            return new WhyNot(itemId, "page", $"It is on the page, at place {place + 1}.");
        if (!entry.Item.Available)
            return new WhyNot(itemId, "catalog", "The item is not available.");
        if (plan.Filter is { } filter && !filter.Matches(entry.Item))
            return new WhyNot(itemId, "filter", $"It does not pass the filter {filter}.");
        if (plan.Exclude.Contains(itemId, StringComparer.Ordinal))
            return new WhyNot(itemId, "filter", "The request excludes it.");
        if (item == plan.SeedItem)
            return new WhyNot(itemId, "filter", "It is the item that others were asked for.");
        if (plan.Session.Hidden.Contains(item))
            return new WhyNot(itemId, "session", "The user has hidden or disliked it.");
        if (!plan.IncludeSeen && plan.Session.Seen.Contains(item))
            return new WhyNot(itemId, "session", "The user has met it already.");

        var candidate = candidates.Items.AsSpan(0, candidates.Count).IndexOf(item);
        if (candidate < 0 && candidates.Found > candidates.Count)
        {
            return new WhyNot(itemId, "retrieval", $"No source returned it high enough: {candidates.Count} of the {candidates.Found} items found were ranked, the best of every source.");
        }

        if (candidate < 0)
            return new WhyNot(itemId, "retrieval", $"No source returned it among its best; {candidates.Count} candidates were found.");
        var better = 0;
        foreach (var score in scores.AsSpan(0, candidates.Count))
            better += score > scores[candidate] ? 1 : 0;
        var text = string.Create(CultureInfo.InvariantCulture, $"Ranked {better + 1} of {candidates.Count} with a score of {scores[candidate]:0.####}; the page has {placeOf.Count} places.");
        return better < placeOf.Count
            ? new WhyNot(itemId, "policy", text + " A rule or the category cap gave its place to another.")
            : new WhyNot(itemId, "ranking", text);
    }
}
