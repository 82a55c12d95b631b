using System.Globalization;

namespace Recs.Api.Pages.Shared;

/// <summary>Figures and names as people read them.</summary>
internal static class Words
{
    /// <summary>The shop's currency is not known, so none is shown.</summary>
    public static string Price(double price) => price.ToString(price >= 1000 ? "N0" : "N2", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Ms(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture) + " ms";

    public static string Score(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.###", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (share * 100).ToString(share is > 0 and < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";

    public static string Invariant(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>What somebody did, in the past tense.</summary>
    public static string Did(InteractionType type) => type switch
    {
        InteractionType.Impression => "saw",
        InteractionType.View => "viewed",
        InteractionType.Click => "looked at",
        InteractionType.AddToCart => "put in the cart",
        InteractionType.Purchase => "bought",
        InteractionType.Like => "liked",
        InteractionType.Dislike => "disliked",
        InteractionType.Hide => "hid",
        InteractionType.Rating => "rated",
        _ => type.ToString(),
    };

    public static string Source(string name) => name switch
    {
        "als" => "Taste model",
        "neighbours" => "Goes with what you chose",
        "linear" => "Follows from what you chose",
        "sessions" => "What others went on to",
        "content" => "Your categories and tags",
        "trending" => "Trending",
        "new" => "New arrivals",
        "popular" => "Popular with everybody",
        "pinned" => "Pinned by a rule",
        "similar" => "Similar items",
        _ when name.StartsWith("vectors:", StringComparison.Ordinal) => $"Alike in {name["vectors:".Length..]}",
        _ => Plain(name),
    };

    public static string Plain(string name) => name.Length == 0
        ? name
        : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ').Replace('-', ' ');
}
