using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Recs.Api.Endpoints;
using Recs.Api.Http;

namespace Recs.Api.Security;

/// <summary>
/// The gate of the pages for people. "?key=KEY" on a page puts the key into a cookie that only this site's own
/// requests carry and no script reads, and leads on to the page without it. Endpoints that allow anonymous callers
/// hold no data and need no key; of the rest, those below /operator need the admin role, others <paramref name="least"/>.
/// </summary>
internal sealed class PageGate(ApiServer server, ApiRole least = ApiRole.Read) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (server.Options.HasKeys && HttpMethods.IsGet(http.Request.Method)
            && http.Request.Query.TryGetValue("key", out var key) && key.Count == 1)
            return SignIn(http, key.ToString().Trim());
        if (http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return await next(context);
        if (server.Gate.Enter() is { } busy)
            return new ProblemResult(busy);
        try
        {
            var role = IsOperators(http.GetEndpoint()) ? ApiRole.Admin : least;
            return server.Gate.Check(http, role) is { } refusal ? new ProblemResult(refusal) : await next(context);
        }
        catch (RecommenderException refusal)
        {
            return new ProblemResult(Problem.From(refusal, server.Options.RetryAfter));
        }
        finally
        {
            server.Gate.Leave();
        }
    }

    // By the route, not the path: the application may have mapped everything below a prefix of its own.
    private static bool IsOperators(Endpoint? endpoint) =>
        endpoint is RouteEndpoint { RoutePattern.PathSegments: var segments } && segments.Any(
            segment => segment.IsSimple && segment.Parts[0] is RoutePatternLiteralPart { Content: "operator" });

    private IResult SignIn(HttpContext http, string key)
    {
        if (server.Gate.CheckKey(http, key) is { } refusal)
            return new ProblemResult(refusal);
        http.Response.Cookies.Append(RequestGate.KeyCookie, key, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = http.Request.IsHttps,
            IsEssential = true,
            Path = "/",
        });
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var rest = QueryString.Create(http.Request.Query.Where(pair => pair.Key != "key"));
        return Results.LocalRedirect(http.Request.PathBase + http.Request.Path + rest);
    }

    private sealed class ProblemResult(Problem problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => problem.SendAsync(httpContext);
    }
}
