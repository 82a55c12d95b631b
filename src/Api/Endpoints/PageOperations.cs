using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;
using static Recs.Api.Endpoints.Parameters;

namespace Recs.Api.Endpoints;

/// <summary>Pages: for a user, like an item, trending.</summary>
internal static class PageOperations
{
    private static readonly ApiOperation Recommend = new(
        "GET", "/v1/users/{id}/recommendations", ApiRole.Read, "recommend", "A page for one user, known or not.", RecommendAsync)
    {
        Query = [Count, Surface, Filter, Exclude, After, Explain, Parameters.WhyNot, IncludeSeen, DeadlineMs],
        Result = typeof(Page),
        Errors = [409],
        Remarks = "A stage that misses the deadline is left out and named in `degraded`; the page is never late for it.",
    };

    private static readonly ApiOperation Similar = new(
        "GET", "/v1/items/{id}/similar", ApiRole.Read, "similar", "Items like one item; never the item itself.", SimilarAsync)
    {
        Query = [Count, Space, Filter, Exclude, UserId, Explain, DeadlineMs],
        Result = typeof(Page),
        Errors = [404],
    };

    private static readonly ApiOperation Trending = new(
        "GET", "/v1/trending", ApiRole.Read, "trending", "What gains attention now.", TrendingAsync)
    {
        Query = [Count, Filter, Exclude, UserId, Explain, DeadlineMs],
        Result = typeof(Page),
    };

    public static IEnumerable<ApiOperation> All => [Recommend, Similar, Trending];

    private static Task RecommendAsync(ApiCall call)
    {
        var query = call.Query;
        return SendAsync(call, call.Recommender.RecommendAsync(new PageRequest
        {
            UserId = call.Id,
            Count = CountOf(query),
            Surface = query.Text(Surface) ?? "home",
            Filter = FilterOf(query),
            Exclude = query.Values(Exclude),
            After = query.Number(After),
            Explain = query.Flag(Explain),
            WhyNot = query.Values(Parameters.WhyNot),
            IncludeSeen = query.Flag(IncludeSeen),
            Deadline = DeadlineOf(query),
        }, call.Aborted));
    }

    private static Task SimilarAsync(ApiCall call)
    {
        var query = call.Query;
        return SendAsync(call, call.Recommender.SimilarAsync(new SimilarRequest
        {
            ItemId = call.Id,
            Space = query.Text(Space),
            Count = CountOf(query),
            Filter = FilterOf(query),
            Exclude = query.Values(Exclude),
            UserId = query.Text(UserId),
            Explain = query.Flag(Explain),
            Deadline = DeadlineOf(query),
        }, call.Aborted));
    }

    private static Task TrendingAsync(ApiCall call)
    {
        var query = call.Query;
        return SendAsync(call, call.Recommender.TrendingAsync(new TrendingRequest
        {
            Count = CountOf(query),
            Filter = FilterOf(query),
            Exclude = query.Values(Exclude),
            UserId = query.Text(UserId),
            Explain = query.Flag(Explain),
            Deadline = DeadlineOf(query),
        }, call.Aborted));
    }

    private static async Task SendAsync(ApiCall call, ValueTask<Page> page) =>
        await JsonReply.SendAsync(call.Http, 200, await page, static (json, p) => PageJson.Write(json, p));

    private static int CountOf(ApiQuery query) => (int)(query.Number(Count) ?? 20);

    private static ItemFilter? FilterOf(ApiQuery query)
    {
        if (query.Text(Filter) is not { } text)
            return null;
        if (text.Length > Limits.MaxFilterLength)
            throw RecommenderException.Invalid("filter", text, $"up to {Limits.MaxFilterLength} characters");
        return ItemFilter.Parse(text);
    }

    private static TimeSpan? DeadlineOf(ApiQuery query) =>
        query.Number(DeadlineMs) is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
}
