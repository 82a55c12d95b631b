using Microsoft.AspNetCore.Http;

namespace Recs.Api.Pages.Shared;

/// <summary>Where the pages live, which a host decides by path base and route prefix.</summary>
/// <param name="Base">Address of the storefront; ends with "/". Every link is relative to it.</param>
/// <param name="Here">This page relative to <paramref name="Base"/>: links within it need it beside a base element.</param>
public sealed record Site(string Base, string Here)
{
    /// <param name="http">A request for a page.</param>
    /// <param name="here">The page's own route below the prefix, "" for the storefront.</param>
    internal static Site Of(HttpContext http, string here)
    {
        var path = http.Request.PathBase.Add(http.Request.Path).ToUriComponent().TrimEnd('/');
        if (here.Length > 0 && path.EndsWith("/" + here, StringComparison.OrdinalIgnoreCase))
            path = path[..^(here.Length + 1)];
        return new Site(path + "/", here);
    }
}
