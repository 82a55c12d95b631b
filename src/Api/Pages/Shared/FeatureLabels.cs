using System.Collections.Frozen;

namespace Recs.Api.Pages.Shared;

/// <summary>Names of features for people; a feature without one shows its own name in plain letters.</summary>
internal static class FeatureLabels
{
    private static readonly FrozenDictionary<string, string> Labels = new Dictionary<string, string>
    {
        ["user_log_positives"] = "How much you have done so far",
        ["user_log_purchases"] = "How much you have bought so far",
        ["user_log_history"] = "How many items you showed to like",
        ["user_log_idle_hours"] = "Time since you were last here",
        ["user_log_price"] = "Your usual price level",
        ["user_log_session_length"] = "Length of this visit",
        ["item_log_recent"] = "Attention it gets these days",
        ["item_log_baseline"] = "Attention it usually gets",
        ["item_log_popularity"] = "Popularity when the model was trained",
        ["item_trend"] = "More attention than usual",
        ["item_click_rate"] = "How often it is clicked when shown",
        ["item_log_age_days"] = "Time in the catalogue",
        ["item_log_price"] = "Its price",
        ["item_has_price"] = "It has a price",
        ["item_has_factors"] = "The model knows it",
        ["item_log_tags"] = "How well it is described",
        ["category_affinity"] = "Your interest in its category",
        ["tag_affinity"] = "Your interest in its tags",
        ["price_distance"] = "Distance from your price level",
        ["same_category_as_last"] = "Same category as your last click",
        ["category_in_recent"] = "Its category in your recent clicks",
        ["als_score"] = "Fit to your taste, strength",
        ["als_cosine"] = "Fit to your taste, direction",
        ["neighbour_score"] = "Goes with several things you chose",
        ["neighbour_best"] = "Goes with one thing you chose",
        ["content_score"] = "Matches your categories and tags",
        ["linear_score"] = "Follows from everything you chose",
        ["session_score"] = "What others went on to from here",
        ["found_by_als"] = "Found by the taste model",
        ["found_by_neighbours"] = "Found beside what you chose",
        ["found_by_content"] = "Found by categories and tags",
        ["found_by_trending"] = "Found among what is trending",
        ["found_by_new"] = "Found among new arrivals",
        ["found_by_linear"] = "Found from everything you chose",
        ["found_by_sessions"] = "Found in visits like yours",
        ["hour_sin"] = "Time of day",
        ["hour_cos"] = "Time of day, second part",
        ["surface_not_home"] = "Shown elsewhere than at home",
    }.ToFrozenDictionary();

    public static string Of(string name) => Labels.TryGetValue(name, out var label) ? label : Words.Plain(name);
}
