using System.Globalization;
using Recs.Engine.Monitoring;

namespace Recs.Api.Hosting;

/// <summary>What the console says once everything is there.</summary>
internal static class Banner
{
    /// <param name="urls">Where the host listens.</param>
    /// <param name="status">Its figures.</param>
    /// <param name="hasKeys">Callers need a key.</param>
    /// <param name="more">Further addresses: a name and a path.</param>
    public static IEnumerable<string> Lines(
        IEnumerable<string> urls, RecommenderStatus status, bool hasKeys, params IEnumerable<(string Name, string Path)> more)
    {
        var url = urls.FirstOrDefault(u => u.Contains("localhost", StringComparison.Ordinal)) ?? urls.First();
        url = url.Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal);
        var key = hasKeys ? " -H 'X-Api-Key: KEY'" : "";
        yield return "";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"  Ready: {status.AvailableItems:N0} items, {status.Users:N0} users, {status.TotalEvents:N0} events, {(status.ModelVersion is { } version ? "model " + version : "no model yet (recs train)")}");
        yield return "";
        yield return $"  Storefront   {url}/{(hasKeys ? "?key=KEY" : "")}";
        yield return $"  Operator     {url}/operator{(hasKeys ? "?key=ADMIN-KEY" : "")}";
        foreach (var (name, path) in more)
            yield return $"  {name,-12} {url}{path}";
        yield return $"  A page       curl{key} '{url}/v1/users/you/recommendations?count=5'";
        yield return $"  API          {url}/openapi/v1.json";
        yield return "";
    }
}
