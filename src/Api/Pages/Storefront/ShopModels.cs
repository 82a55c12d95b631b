namespace Recs.Api.Pages.Storefront;

/// <summary>An item as a shelf shows it.</summary>
public sealed record Card(Item Item, string Reason, IReadOnlyList<string> Sources);

/// <summary>A row of cards and the page that they came from.</summary>
/// <param name="Kind">for-you, because, trending or similar.</param>
/// <param name="Page">The recommender's answer.</param>
/// <param name="Cards">Its items that are still in the catalogue, in order.</param>
/// <param name="Of">For "because": the item that the shelf grows from.</param>
/// <param name="Cause">For "because": what the person did with it.</param>
public sealed record Shelf(string Kind, Page Page, IReadOnlyList<Card> Cards, Item? Of = null, InteractionType? Cause = null);

/// <summary>A recent event with the item's title.</summary>
public sealed record RecentLine(string ItemId, string Title, InteractionType Type, DateTimeOffset At);

/// <summary>What the recommender knows about a person.</summary>
/// <param name="UserId">The id asked for.</param>
/// <param name="Profile">Absent for somebody who did nothing yet.</param>
/// <param name="Recent">Newest first.</param>
public sealed record Knowledge(string UserId, UserProfile? Profile, IReadOnlyList<RecentLine> Recent);

/// <summary>Somebody to be, with what they like most.</summary>
public sealed record SamplePerson(string UserId, IReadOnlyList<string> Likes, long Events);

/// <summary>Why an item is on a shelf, or why it is not.</summary>
public sealed record Why(
    string ItemId, Item? Item, string Shelf, Page Page, PageItem? Found, int Place, WhyNot? NotFound);
