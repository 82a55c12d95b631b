using System.Globalization;
using Recs.Engine.Monitoring;

namespace Recs.Server;

/// <summary>What the console says once everything is there.</summary>
internal static class Banner
{
    public static IEnumerable<string> Lines(IEnumerable<string> urls, RecommenderStatus status, ServerArguments arguments)
    {
        var url = urls.FirstOrDefault(u => u.Contains("localhost", StringComparison.Ordinal)) ?? urls.First();
        url = url.Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal);
        var key = arguments.HasKeys ? " -H 'X-Api-Key: KEY'" : "";
        yield return "";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"  Ready: {status.AvailableItems:N0} items, {status.Users:N0} users, {status.TotalEvents:N0} events, {(status.ModelVersion is { } version ? "model " + version : "no model yet (recs train)")}");
        yield return "";
        yield return $"  Storefront   {url}/{(arguments.HasKeys ? "?key=KEY" : "")}";
        yield return $"  Operator     {url}/operator{(arguments.HasKeys ? "?key=ADMIN-KEY" : "")}";
        yield return $"  A page       curl{key} '{url}/v1/users/you/recommendations?count=5'";
        yield return $"  API          {url}/openapi/v1.json";
        yield return "";
    }
}
