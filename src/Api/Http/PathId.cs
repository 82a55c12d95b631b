using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Recs.Api.Http;

/// <summary>
/// Ids in paths. An id may hold any character but control characters, percent-encoded where a path needs it, a slash
/// as %2F.
/// </summary>
internal static class PathId
{
    /// <param name="http">The call.</param>
    /// <param name="tail">Segments of the route after the id.</param>
    public static string Read(HttpContext http, int tail)
    {
        var id = (string)http.Request.RouteValues["id"]!;
        // Servers decode every escape but %2F, so only the raw target tells a slash (%2F) from a percent sign before "2F" (%252F).
        if (id.Contains('%'))
            id = http.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } target
                ? PercentText.Decode(Segment(target, tail), plusIsBlank: false, "id")
                : id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        IdRules.Check("id", id);
        return id;
    }

    private static ReadOnlySpan<char> Segment(ReadOnlySpan<char> target, int tail)
    {
        var query = target.IndexOf('?');
        var path = (query < 0 ? target : target[..query]).TrimEnd('/');
        for (; tail > 0; tail--)
            path = path[..Math.Max(0, path.LastIndexOf('/'))];
        return path[(path.LastIndexOf('/') + 1)..];
    }
}
