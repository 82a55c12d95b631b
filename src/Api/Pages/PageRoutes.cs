using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Recs.Api.Pages.Operator;
using Recs.Api.Pages.Shared;
using Recs.Api.Pages.Storefront;

namespace Recs.Api.Pages;

/// <param name="Pattern">Route below the prefix.</param>
/// <param name="HoldsData">False for the two pages' frames: they are served before a visitor has shown a key.</param>
/// <param name="Handle">Answers with HTML; refusals leave as <see cref="RecommenderException"/>.</param>
internal sealed record PageRoute(string Pattern, bool HoldsData, Func<HttpContext, IRecommender, Task<IResult>> Handle);

/// <summary>The pages' frames, and the fragments of HTML that their scripts swap in. All are GET.</summary>
internal static class PageRoutes
{
    public static IReadOnlyList<PageRoute> All { get; } =
    [
        new("/", false, StorefrontAsync),
        new("/operator", false, (http, _) => Task.FromResult(Html<OperatorPage>(new() { ["Site"] = Site.Of(http, "operator") }))),
        new("/shop/startup", false, async (http, recs) => Results.Json(await StartupOf(http, recs), JsonSerializerOptions.Web)),
        new("/shop/for-you", true, async (http, recs) => ShelfResult(http, await new ShopReader(recs).ForYouAsync(
            Required(http, "user"), Query(http, "filter"), After(http), http.RequestAborted))),
        new("/shop/because", true, async (http, recs) => ShelfResult(http, await new ShopReader(recs).BecauseAsync(
            Required(http, "user"), Query(http, "filter"), http.RequestAborted))),
        new("/shop/trending", true, async (http, recs) => ShelfResult(http, await new ShopReader(recs).TrendingAsync(
            Query(http, "user"), Query(http, "filter"), http.RequestAborted))),
        new("/shop/profile", true, async (http, recs) => Html<KnowledgeView>(new()
        {
            ["Knowledge"] = await new ShopReader(recs).KnowledgeAsync(Required(http, "user"), http.RequestAborted),
        })),
        new("/shop/people", true, async (http, recs) => Html<PeopleView>(new()
        {
            ["People"] = await new ShopReader(recs).PeopleAsync(http.RequestAborted),
        })),
        new("/shop/categories", true, async (http, recs) => Html<CategoriesView>(new()
        {
            ["Categories"] = await new ShopReader(recs).CategoriesAsync(http.RequestAborted),
        })),
        new("/shop/item", true, ItemAsync),
        new("/shop/why", true, async (http, recs) => Html<WhyView>(new()
        {
            ["Why"] = await new ShopReader(recs).WhyAsync(Required(http, "user"), Required(http, "item"),
                Query(http, "shelf") ?? "for-you", Query(http, "of"), Query(http, "filter"), http.RequestAborted),
        })),
        new("/operator/models", true, async (http, recs) => Html<ModelsView>(new()
        {
            ["Models"] = await recs.ModelsAsync(http.RequestAborted),
        })),
    ];

    private static async Task<IResult> StorefrontAsync(HttpContext http, IRecommender recommender)
    {
        var startup = await StartupOf(http, recommender);
        return Html<StorefrontPage>(new()
        {
            ["Site"] = Site.Of(http, ""),
            ["Ready"] = startup.Ready,
            ["Starting"] = startup.Text,
        });
    }

    private static Task<Startup> StartupOf(HttpContext http, IRecommender recommender) =>
        Startup.ReadAsync(recommender, http.RequestServices.GetService<StartupProgress>(), http.RequestAborted);

    private static async Task<IResult> ItemAsync(HttpContext http, IRecommender recommender)
    {
        var id = Required(http, "id");
        var item = await recommender.GetItemAsync(id, http.RequestAborted) ?? throw new RecommenderException(
            RefusalKind.NotFound, $"There is no item '{id}' in the catalogue.")
        { Field = "id", Value = id };
        return Html<ItemView>(new()
        {
            ["Item"] = item,
            ["Similar"] = await new ShopReader(recommender).SimilarAsync(item, Query(http, "user"), 6, http.RequestAborted),
        });
    }

    private static IResult ShelfResult(HttpContext http, Shelf? shelf)
    {
        if (shelf is null) return Results.NoContent();
        http.Response.Headers["Server-Timing"] = $"page;dur={Words.Invariant(shelf.Page.Timings.TotalMs)}";
        return Html<ShelfView>(new() { ["Shelf"] = shelf });
    }

    private static IResult Html<T>(Dictionary<string, object?> parameters) where T : IComponent =>
        new RazorComponentResult<T>(parameters) { PreventStreamingRendering = true };

    private static string? Query(HttpContext http, string name) =>
        http.Request.Query[name] is { Count: > 0 } values && !string.IsNullOrWhiteSpace(values[0]) ? values[0] : null;

    private static string Required(HttpContext http, string name) =>
        Query(http, name) ?? throw RecommenderException.Invalid(name, null, $"an id of 1 to {Limits.MaxIdLength} characters");

    private static long? After(HttpContext http) =>
        Query(http, "after") is not { } text ? null
        : long.TryParse(text, out var after) ? after
        : throw RecommenderException.Invalid("after", text, "a sequence number from a receipt");
}
