namespace Recs.Engine.Ranking;

/// <summary>Positions of the features in a row, in the order of <see cref="FeatureList.All"/>.</summary>
internal enum Feature
{
    UserLogPositives, UserLogPurchases, UserLogHistory, UserLogIdleHours, UserLogPrice, UserLogSessionLength,
    ItemLogRecent, ItemLogBaseline, ItemLogPopularity, ItemTrend, ItemClickRate, ItemLogAgeDays, ItemLogPrice,
    ItemHasPrice, ItemHasFactors, ItemLogTags,
    CategoryAffinity, TagAffinity, PriceDistance, SameCategoryAsLast, CategoryInRecent, TimesSeen,
    AlsScore, AlsCosine, NeighbourScore, NeighbourBest, ContentScore, LinearScore, SessionScore,
    FoundByAls, FoundByNeighbours, FoundByContent, FoundByTrending, FoundByNew, FoundByLinear, FoundBySessions,
    HourSin, HourCos, SurfaceNotHome,
}

internal static class FeatureList
{
    public static readonly FeatureDefinition[] All =
    [
        new("user_log_positives", "log(1 + events)", 0, "Positive events of the user so far."),
        new("user_log_purchases", "log(1 + events)", 0, "Purchases and cart additions of the user so far."),
        new("user_log_history", "log(1 + items)", 0, "Items that the user's vector is solved from."),
        new("user_log_idle_hours", "log(1 + hours)", 0, "Time since the user's last event."),
        new("user_log_price", "mean log(1 + price)", 0, "Price level of what the user liked; 0 before the first priced event."),
        new("user_log_session_length", "log(1 + events)", 0, "Events of the current visit: an unbroken run with gaps below 30 minutes."),

        new("item_log_recent", "log(1 + decayed events)", 0, "Positive events on the item, short half-life."),
        new("item_log_baseline", "log(1 + decayed events)", 0, "Positive events on the item, long half-life."),
        new("item_log_popularity", "log(1 + decayed events)", 0, "Popularity when the model was trained."),
        new("item_trend", "log ratio", 0, "Recent events over those that the baseline leads one to expect, both plus 2."),
        new("item_click_rate", "share, 0 to 1", 0.05f, "Clicks over impressions, with 1 click and 20 impressions of prior."),
        new("item_log_age_days", "log(1 + days)", 0, "Time since the item entered the catalogue; at most ten years."),
        new("item_log_price", "log(1 + price)", 0, "Price of the item; 0 without one."),
        new("item_has_price", "0 or 1", 0, "The item has a price."),
        new("item_has_factors", "0 or 1", 0, "The model has factors of the item."),
        new("item_log_tags", "log(1 + tags)", 0, "Tags of the item."),

        new("category_affinity", "share, 0 to 1", 0, "Share of the user's decayed interest in the item's categories."),
        new("tag_affinity", "share, 0 to 1", 0, "Share of the user's decayed interest in the item's tags."),
        new("price_distance", "absolute log ratio", 0, "Distance of the item's price from the user's price level."),
        new("same_category_as_last", "0 or 1", 0, "The item shares a category with the item of the user's last event."),
        new("category_in_recent", "share, 0 to 1", 0, "Share of the user's recent events on items that share the item's main category."),
        new("times_seen", "log(1 + events)", 0, "The user's recent events on the item itself."),

        new("als_score", "inner product", 0, "Folded-in user vector times item factors, whichever source found the item."),
        new("als_cosine", "cosine, -1 to 1", 0, "The same, both vectors scaled to length 1."),
        new("neighbour_score", "weighted mean similarity", 0, "Similarity to the user's recent positive items."),
        new("neighbour_best", "weighted similarity", 0, "The largest term of neighbour_score."),
        new("content_score", "match times log(2 + popularity)", 0, "Match of categories and tags, times smoothed popularity."),
        new("linear_score", "sum of weights", 0, "What the items of the user's history say for the item, by closed-form weights."),
        new("session_score", "log(1 + score)", 0, "What visits like the present one say for the item; 0 where the sessions source did not return it."),

        new("found_by_als", "0 or 1", 0, "The als source returned the item."),
        new("found_by_neighbours", "0 or 1", 0, "The neighbours source returned the item."),
        new("found_by_content", "0 or 1", 0, "The content source returned the item."),
        new("found_by_trending", "0 or 1", 0, "The trending source returned the item."),
        new("found_by_new", "0 or 1", 0, "The new source returned the item."),
        new("found_by_linear", "0 or 1", 0, "The linear source returned the item."),
        new("found_by_sessions", "0 or 1", 0, "The sessions source returned the item."),

        new("hour_sin", "sine of the hour, UTC", 0, "Time of day on a circle."),
        new("hour_cos", "cosine of the hour, UTC", 0, "Time of day on a circle."),
        new("surface_not_home", "0 or 1", 0, "The page is shown elsewhere than on 'home'."),
    ];
}
