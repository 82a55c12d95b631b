using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Recs.Api.Assets;

/// <summary>
/// Scripts, style sheet and icon of the pages, embedded in this assembly. Each is served under the hash of all of
/// them together, so that modules find each other by relative names and a browser may keep them for ever.
/// Immutable and thread-safe.
/// </summary>
internal static class StaticAssets
{
    private static readonly FrozenDictionary<string, Asset> Files = Load();

    /// <summary>First 12 hexadecimal digits of the SHA-256 over all names and contents.</summary>
    public static string Version { get; } = HashOfAll();

    /// <summary>The address of one asset, relative to the pages' base.</summary>
    public static string Url(string name) =>
        Files.ContainsKey(name)
            ? $"assets/{Version}/{name}"
            : throw new ArgumentException($"No asset is named '{name}'; there are {string.Join(", ", Files.Keys)}.", nameof(name));

    public static RouteHandlerBuilder Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{version}/{name}", (string version, string name, HttpResponse response) =>
        {
            if (!Files.TryGetValue(name, out var asset)) return Results.NotFound();

            // An address of another version (a page left open across an upgrade) gets today's file, unkept.
            response.Headers.CacheControl = version == Version ? "public, max-age=31536000, immutable" : "no-cache";
            response.Headers.XContentTypeOptions = "nosniff";
            return Results.Bytes(asset.Bytes, asset.ContentType, entityTag: asset.Tag);
        });

    private static FrozenDictionary<string, Asset> Load()
    {
        var assembly = typeof(StaticAssets).Assembly;
        const string prefix = "assets/";
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[prefix.Length..], name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return new Asset(bytes, ContentType(name), new EntityTagHeaderValue($"\"{Hex(SHA256.HashData(bytes))}\""));
            });
    }

    private static string HashOfAll()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, asset) in Files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            sha.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            sha.AppendData(asset.Bytes);
        }

        return Hex(sha.GetHashAndReset());
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 6));

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"No content type is known for '{other}'."),
    };

    private sealed record Asset(byte[] Bytes, string ContentType, EntityTagHeaderValue Tag);
}
