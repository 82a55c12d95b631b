using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Recs.Api.Endpoints;
using Recs.Api.Pages;
using Recs.Api.Security;

namespace Recs.Api;

/// <summary>Maps the recommender into an application.</summary>
public static class RecommenderEndpoints
{
    /// <summary>
    /// Serves the HTTP API, health checks, the OpenAPI document and the pages for people over the registered
    /// <see cref="IRecommender"/>. Nothing but routing is needed in the application's pipeline.
    /// </summary>
    /// <returns>Conventions for all of it, for the application's own authorization, CORS or hosts.</returns>
    /// <exception cref="RecommenderException">An option is outside its range.</exception>
    public static IEndpointConventionBuilder MapRecommender(this IEndpointRouteBuilder endpoints, RecommenderApiOptions? options = null)
    {
        options ??= new RecommenderApiOptions();
        RecommenderApiOptionsValidator.Validate(options);
        var server = new ApiServer(endpoints.ServiceProvider, options);
        endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(server.Gate.Dispose);

        List<ApiOperation> operations =
            [.. PageOperations.All, .. EventOperations.All, .. ItemOperations.All, .. UserOperations.All, .. RuleOperations.All, .. OperatorOperations.All];
        if (options.OpenApi)
            operations.Add(OpenApiOperations.Document(options, operations));

        var group = endpoints.MapGroup(options.Prefix);
        foreach (var route in operations.GroupBy(o => o.Pattern))
        {
            var methods = route.ToArray();
            group.Map(route.Key, (RequestDelegate)(http => server.DispatchAsync(http, methods)));
        }
        // The pages' services come with AddRecommenderApi; an application without them gets the API alone.
        if (options.Pages && server.Startup is not null)
        {
            var pages = group.MapGroup("");
            pages.AddEndpointFilter(new PageGate(server));
            pages.MapPages();
        }
        // Last in precedence: only what no route above takes.
        group.Map("/v1/{**rest}", (RequestDelegate)ApiServer.NoSuchRouteAsync);
        return group;
    }

    /// <summary>Answers what no route of the application takes with problem details instead of an empty 404.</summary>
    public static IEndpointConventionBuilder MapNotFound(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapFallback("{**path}", (RequestDelegate)ApiServer.NoSuchRouteAsync);
}
