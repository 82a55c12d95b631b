using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Recs.Api.Assets;

namespace Recs.Api.Pages;

/// <summary>The storefront at "/" and the operator page at "/operator", with the fragments that they swap in.</summary>
internal static class PagesEndpoints
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        return services;
    }

    /// <summary>
    /// Maps the pages below the builder's own prefix. The two pages' frames and their assets hold no data and carry
    /// <c>AllowAnonymous</c>; the fragments read the recommender and are open to whatever guards the builder.
    /// </summary>
    internal static void MapPages(this IEndpointRouteBuilder routes)
    {
        StaticAssets.Map(routes).AllowAnonymous().ExcludeFromDescription();
        foreach (var route in PageRoutes.All)
        {
            var endpoint = routes.MapGet(route.Pattern, (Delegate)((HttpContext http) => RunAsync(http, route))).ExcludeFromDescription();
            if (!route.HoldsData) endpoint.AllowAnonymous();
        }
    }

    // The data is read here, so that a refusal reaches the gate before anything is written.
    private static Task<IResult> RunAsync(HttpContext http, PageRoute route)
    {
        PageHeaders.Set(http.Response);
        return route.Handle(http, http.RequestServices.GetRequiredService<IRecommender>());
    }
}
