using System.ComponentModel.DataAnnotations;

namespace Recs.Api;

/// <summary>
/// Settings of the HTTP surface. Immutable; checked by <c>MapRecommender</c>, which names a bad one with its range.
/// </summary>
public sealed record RecommenderApiOptions
{
    /// <summary>Shortest and longest API key, in characters.</summary>
    public const int MinKeyLength = 16, MaxKeyLength = 256;

    /// <summary>Requests per second and client beyond loopback when nothing else is said.</summary>
    public const int DefaultRequestsPerSecond = 200;

    /// <summary>Path in front of every route, such as "/recs". Default none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Keys that may read pages, items, users and figures. 16 to 256 printable ASCII characters each.</summary>
    public IReadOnlyList<string> ReadKeys { get; init; } = [];

    /// <summary>Keys that may also send events, write items and merge users.</summary>
    public IReadOnlyList<string> WriteKeys { get; init; } = [];

    /// <summary>Keys that may do everything: also forget users, reload models, set rules, open the operator page.</summary>
    public IReadOnlyList<string> AdminKeys { get; init; } = [];

    /// <summary>
    /// Lets everybody do everything even beyond loopback. Without it, and without keys, calls are answered only
    /// while the server listens on loopback alone. Default false; cannot stand beside keys.
    /// </summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Serves the storefront and the operator page. Default true.</summary>
    public bool Pages { get; init; } = true;

    /// <summary>Serves the OpenAPI document at /openapi/v1.json. Default true.</summary>
    public bool OpenApi { get; init; } = true;

    /// <summary>Largest request body. Default 4 MiB, 1 KiB to 256 MiB.</summary>
    [Range(1 << 10, 256 << 20)]
    public int MaxBodyBytes { get; init; } = 4 << 20;

    /// <summary>Longest query string, in characters. Default 48 Ki, 256 to 1 Mi. Kestrel's request line has a bound of its own.</summary>
    [Range(256, 1 << 20)]
    public int MaxQueryLength { get; init; } = 48 << 10;

    /// <summary>Calls in progress at one time; a further one gets 503 and Retry-After. Default 512, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrentRequests { get; init; } = 512;

    /// <summary>
    /// Calls per second of one key, or of one remote address without a key; 0 for no limit. Default: no limit on
    /// loopback, <see cref="DefaultRequestsPerSecond"/> beyond. 0 to 1,000,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int? RequestsPerSecond { get; init; }

    /// <summary>Calls that may come at once before the rate applies. Default: two seconds' worth. 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int? RequestBurst { get; init; }

    /// <summary>How long a write may take, from the first byte of its body. Default 30 s, 100 ms to 10 min.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What Retry-After says when the recommender names no time. Default 1 s, 1 s to 1 h.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    internal bool HasKeys => ReadKeys.Count + WriteKeys.Count + AdminKeys.Count > 0;
}
