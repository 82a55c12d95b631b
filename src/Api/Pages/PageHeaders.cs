using Microsoft.AspNetCore.Http;

namespace Recs.Api.Pages;

/// <summary>Headers of every page and fragment.</summary>
internal static class PageHeaders
{
    /// <summary>Everything comes from this host; no inline script or style; nobody frames the pages.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    public static void Set(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        // Fragments are about one person and one moment.
        headers.CacheControl = "no-store";
    }
}
