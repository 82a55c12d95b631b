namespace Recs.Engine.Tests.Ranking;

/// <summary>The features once more, by name, straight from their definitions.</summary>
internal static class NaiveFeatures
{
    public static Dictionary<string, double> Of(RankingRequest request, int candidate, ItemCatalog catalog, ItemCounters counters)
    {
        var (session, model) = (request.Session, request.Model);
        var number = request.Candidates.Items[candidate];
        var item = catalog.Get(number);
        var at = counters.NewestMs;
        var (recent, baseline) = (counters.Recent(number, at), counters.Baseline(number, at));
        var popularity = model.Popularity.ElementAtOrDefault(number);
        var categories = Share(session.Categories, item?.CategoryCodes);
        var tags = Share(session.Tags, item?.TagCodes);
        var level = session.PricedEvents == 0 ? 0 : session.LogPriceSum / session.PricedEvents;
        var recentItems = session.Recent.Select(r => catalog.Get(r.Item)).ToArray();
        var terms = NeighbourTerms(session, model, number);
        var vector = model.Factors.RowOf(number) is var row and >= 0 ? model.Factors.Row(row).ToArray() : null;
        var product = vector is null || request.UserVector is null ? 0 : vector.Zip(request.UserVector, (a, b) => (double)a * b).Sum();
        var hour = request.NowMs / 3_600_000d % 24;
        var features = new Dictionary<string, double>
        {
            ["user_log_positives"] = Math.Log(1 + session.Counts.Where((_, t) => t is not (0 or 6 or 7)).Sum()),
            ["user_log_purchases"] = Math.Log(1 + session.Counts[3] + session.Counts[4]),
            ["user_log_history"] = Math.Log(1 + session.History.Length),
            ["user_log_idle_hours"] = session.LastSeenMs == 0 ? 0 : Math.Log(1 + (request.NowMs - session.LastSeenMs) / 3_600_000d),
            ["user_log_price"] = level,
            ["user_log_session_length"] = Math.Log(1 + Visit(session, request.NowMs)),
            ["item_log_recent"] = Math.Log(1 + recent),
            ["item_log_baseline"] = Math.Log(1 + baseline),
            ["item_log_popularity"] = Math.Log(1 + popularity),
            ["item_trend"] = Math.Log((recent + 2) / (baseline / 14 + 2)),
            ["item_click_rate"] = (counters.Clicks(number, at) + 1) / (counters.Impressions(number, at) + 20),
            ["item_log_age_days"] = item is null ? 0 : Math.Log(1 + Math.Max(0, (request.NowMs - item.CreatedMs) / 86_400_000d)),
            ["item_log_price"] = item?.Item.Price is { } p ? Math.Log(1 + p) : 0,
            ["item_has_price"] = item?.Item.Price is null ? 0 : 1,
            ["item_has_factors"] = vector is null ? 0 : 1,
            ["item_log_tags"] = Math.Log(1 + (item?.TagCodes.Length ?? 0)),
            ["category_affinity"] = categories,
            ["tag_affinity"] = tags,
            ["price_distance"] = item?.Item.Price is { } q && session.PricedEvents > 0 ? Math.Abs(Math.Log(1 + q) - level) : 0,
            ["same_category_as_last"] = recentItems.LastOrDefault() is { } last && item is not null && last.CategoryCodes.Intersect(item.CategoryCodes).Any() ? 1 : 0,
            ["category_in_recent"] = item is { CategoryCodes: [var main, ..] } && recentItems.Length > 0
                ? (double)recentItems.Count(r => r is not null && r.CategoryCodes.Contains(main)) / recentItems.Length : 0,
            ["times_seen"] = Math.Log(1 + session.Recent.Count(r => r.Item == number)),
            ["als_score"] = product,
            ["als_cosine"] = product == 0 ? 0 : product / Length(vector!) / Length(request.UserVector!),
            ["neighbour_score"] = terms.Sum(),
            ["neighbour_best"] = terms.DefaultIfEmpty(0).Max(),
            ["content_score"] = item is null ? 0 : (categories + tags) / 2 * Math.Log(2 + popularity + baseline),
            ["linear_score"] = session.History.Reverse().Take(100).Sum(h => model.Linear.Of(h.Item).IndexOf(number) is var at and >= 0 ? (double)model.Linear.ScoresOf(h.Item)[at] : 0),
            ["session_score"] = SessionScore(request.Candidates, candidate),
            ["hour_sin"] = Math.Sin(hour / 24 * 2 * Math.PI),
            ["hour_cos"] = Math.Cos(hour / 24 * 2 * Math.PI),
            ["surface_not_home"] = request.Surface == "home" ? 0 : 1,
        };
        foreach (var source in new[] { "als", "neighbours", "content", "trending", "new", "linear", "sessions" })
        {
            var s = request.Candidates.Sources.ToList().IndexOf(source);
            features[$"found_by_{source}"] = s >= 0 && (request.Candidates.SourceBits[candidate] >> s & 1) != 0 ? 1 : 0;
        }
        return features;
    }

    private static double SessionScore(CandidateSet candidates, int candidate) =>
        candidates.Sources.ToList().IndexOf("sessions") is var s and >= 0 && candidates.Ranks[candidate * candidates.Sources.Count + s] >= 0
            ? Math.Log(1 + candidates.Scores[candidate * candidates.Sources.Count + s]) : 0;

    private static double Share(Affinity[] affinities, int[]? codes) =>
        codes is null || affinities.Length == 0 ? 0 : affinities.Where(a => codes.Contains(a.Term)).Sum(a => (double)a.Weight) / affinities.Sum(a => (double)a.Weight);

    private static int Visit(UserSession session, long now)
    {
        var times = session.Recent.Select(r => r.AtMs).Append(now).Reverse().ToArray();
        return times.Zip(times.Skip(1), (later, earlier) => later - earlier).TakeWhile(gap => gap < 1_800_000).Count();
    }

    private static double[] NeighbourTerms(UserSession session, RecommenderModel model, int number)
    {
        var seeds = session.History.Reverse().Take(20).Select((h, i) => (h.Item, Weight: Math.Pow(0.85, i) * Math.Log2(1 + h.Strength))).ToArray();
        var sum = seeds.Sum(s => s.Weight);
        return seeds.Select(s => (s, At: model.Neighbours.Of(s.Item).IndexOf(number))).Where(x => x.At >= 0)
            .Select(x => x.s.Weight / sum * model.Neighbours.ScoresOf(x.s.Item)[x.At]).ToArray();
    }

    private static double Length(float[] v) => Math.Sqrt(v.Sum(x => (double)x * x));
}
