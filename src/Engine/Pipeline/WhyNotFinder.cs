using System.Globalization;

namespace Recs.Engine.Pipeline;

/// <summary>Says at which stage an item was lost, with the numbers.</summary>
/// <param name="catalog">Items.</param>
/// <param name="plan">What was asked for.</param>
/// <param name="outcomes">What each source found.</param>
/// <param name="candidates">Those of it that were ranked.</param>
/// <param name="scores">One a candidate.</param>
internal sealed class WhyNotFinder(
    ItemCatalog catalog, PagePlan plan, IReadOnlyList<SourceOutcome> outcomes, CandidateSet candidates, float[] scores)
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
        if (candidate < 0)
            return new WhyNot(itemId, "retrieval", NotRanked(item));
        var better = 0;
        foreach (var score in scores.AsSpan(0, candidates.Count))
            better += score > scores[candidate] ? 1 : 0;
        var text = string.Create(CultureInfo.InvariantCulture, $"Ranked {better + 1} of {candidates.Count} with a score of {scores[candidate]:0.####}; the page has {placeOf.Count} places.");
        return better < placeOf.Count
            ? new WhyNot(itemId, "policy", text + " A rule or the category cap gave its place to another.")
            : new WhyNot(itemId, "ranking", text);
    }

    private string NotRanked(int item)
    {
        var (source, best) = ("", int.MaxValue);
        foreach (var outcome in outcomes)
        {
            var rank = outcome.Candidates is { } list ? RankIn(list.Span, item) : -1;
            if (rank >= 0 && rank < best)
                (source, best) = (outcome.Source, rank);
        }

        if (best < int.MaxValue)
        {
            return $"There was no room: of the {candidates.Found} items found {candidates.Count} are ranked, those with the best places in all sources, " +
                $"and this one is at best number {best + 1} ({source}).";
        }

        var text = $"No source returned it; {candidates.Found} items were found.";
        var silent = string.Join(", ", outcomes.Where(o => o.Late).Select(o => o.Source));
        return silent.Length == 0 ? text : $"{text} Late or failed, and so not heard: {silent}.";
    }

    private static int RankIn(ReadOnlySpan<Candidate> list, int item)
    {
        for (var rank = 0; rank < list.Length; rank++)
        {
            if (list[rank].Item == item)
                return rank;
        }

        return -1;
    }
}
