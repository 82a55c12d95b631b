using System.Globalization;

namespace Recs.Api.Pages.Storefront;

/// <summary>Joins pages with the catalogue, for the storefront's fragments. Thread-safe.</summary>
internal sealed class ShopReader(IRecommender recommender)
{
    /// <summary>A number that fills rows of 2, 3, 4 and 6.</summary>
    public const int ShelfSize = 12;

    /// <summary>Most people offered to be.</summary>
    private const int Samples = 6;

    /// <summary>How data sets tend to number their users; the ones that are known here are offered.</summary>
    private static readonly string[] UserIdForms =
        ["shopper-{0:0000}", "user-{0}", "user{0}", "u{0}", "u-{0}", "user-{0:0000}", "u{0:0000}", "user-{0:00000}", "u{0:00000}", "{0}"];

    private static readonly int[] SampleNumbers = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];

    public async Task<Shelf> ForYouAsync(string user, string? filter, long? after, CancellationToken cancel)
    {
        var page = await recommender.RecommendAsync(
            new PageRequest { UserId = user, Count = ShelfSize, Filter = Parse(filter), After = after }, cancel);
        return new Shelf("for-you", page, await CardsAsync(page, cancel));
    }

    public async Task<Shelf> TrendingAsync(string? user, string? filter, CancellationToken cancel)
    {
        var page = await recommender.TrendingAsync(
            new TrendingRequest { Count = ShelfSize, UserId = user, Filter = Parse(filter) }, cancel);
        return new Shelf("trending", page, await CardsAsync(page, cancel));
    }

    /// <summary>What goes with the newest thing the person showed to like; <see langword="null"/> when nothing did.</summary>
    public async Task<Shelf?> BecauseAsync(string user, string? filter, CancellationToken cancel)
    {
        if (await recommender.ProfileAsync(user, cancel) is not { } profile) return null;
        foreach (var recent in profile.Recent)
        {
            if (Feedback.Strength(recent.Type, null) <= 0 || profile.Hidden.Contains(recent.ItemId)) continue;
            if (await recommender.GetItemAsync(recent.ItemId, cancel) is not { } item) continue;
            var page = await recommender.SimilarAsync(
                new SimilarRequest { ItemId = item.Id, Count = ShelfSize, UserId = user, Filter = Parse(filter) }, cancel);
            return new Shelf("because", page, await CardsAsync(page, cancel), item, recent.Type);
        }
        return null;
    }

    public async Task<Shelf> SimilarAsync(Item item, string? user, int count, CancellationToken cancel)
    {
        var page = await recommender.SimilarAsync(
            new SimilarRequest { ItemId = item.Id, Count = count, UserId = user }, cancel);
        return new Shelf("similar", page, await CardsAsync(page, cancel), item);
    }

    public async Task<Knowledge> KnowledgeAsync(string user, CancellationToken cancel)
    {
        var profile = await recommender.ProfileAsync(user, cancel);
        var lines = new List<RecentLine>();
        foreach (var recent in profile?.Recent.Take(8) ?? [])
        {
            var item = await recommender.GetItemAsync(recent.ItemId, cancel);
            lines.Add(new RecentLine(recent.ItemId, TitleOf(item, recent.ItemId), recent.Type, recent.At));
        }
        return new Knowledge(user, profile, lines);
    }

    public async Task<IReadOnlyList<SamplePerson>> PeopleAsync(CancellationToken cancel)
    {
        var people = new List<SamplePerson>();
        foreach (var form in UserIdForms)
        {
            foreach (var number in SampleNumbers)
            {
                var id = string.Format(CultureInfo.InvariantCulture, form, number);
                if (await recommender.ProfileAsync(id, cancel) is { Sequence: > 0 } profile)
                    people.Add(new SamplePerson(id, [.. profile.Categories.Take(2).Select(c => c.Name)], profile.Sequence));
                if (people.Count == Samples) return people;
            }
            if (people.Count > 0) return people;
        }
        return people;
    }

    /// <summary>Categories to choose from: those of what moves now, in order of name.</summary>
    public async Task<IReadOnlyList<string>> CategoriesAsync(CancellationToken cancel)
    {
        var page = await recommender.TrendingAsync(new TrendingRequest { Count = Limits.MaxPageSize }, cancel);
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in page.Items)
            if (await recommender.GetItemAsync(entry.Id, cancel) is { } item)
                names.UnionWith(item.Categories);
        return [.. names.Take(40)];
    }

    public async Task<Why> WhyAsync(string user, string itemId, string shelf, string? of, string? filter, CancellationToken cancel)
    {
        var page = shelf switch
        {
            "trending" => await recommender.TrendingAsync(
                new TrendingRequest { Count = ShelfSize, UserId = user, Filter = Parse(filter), Explain = true }, cancel),
            "because" or "similar" => await recommender.SimilarAsync(
                new SimilarRequest { ItemId = of ?? itemId, Count = ShelfSize, UserId = user, Filter = Parse(filter), Explain = true }, cancel),
            "for-you" => await recommender.RecommendAsync(
                new PageRequest { UserId = user, Count = ShelfSize, Filter = Parse(filter), Explain = true, WhyNot = [itemId] }, cancel),
            _ => throw RecommenderException.Invalid("shelf", shelf, "for-you, because, similar or trending"),
        };
        var place = -1;
        for (var i = 0; i < page.Items.Count && place < 0; i++)
            if (page.Items[i].Id == itemId)
                place = i;
        var item = await recommender.GetItemAsync(itemId, cancel);
        return new Why(itemId, item, shelf, page, place < 0 ? null : page.Items[place], place,
            page.Explanation?.WhyNot.FirstOrDefault(w => w.ItemId == itemId));
    }

    public static string TitleOf(Item? item, string id) => item is { Title.Length: > 0 } ? item.Title : id;

    private async Task<IReadOnlyList<Card>> CardsAsync(Page page, CancellationToken cancel)
    {
        var cards = new List<Card>(page.Items.Count);
        foreach (var entry in page.Items)
        {
            // Deleted between the page and here: it may not be shown.
            if (await recommender.GetItemAsync(entry.Id, cancel) is { } item)
                cards.Add(new Card(item, entry.Reason, entry.Sources));
        }
        return cards;
    }

    private static ItemFilter? Parse(string? filter) => string.IsNullOrWhiteSpace(filter) ? null : ItemFilter.Parse(filter);
}
