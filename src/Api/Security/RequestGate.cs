using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Recs.Api.Http;

namespace Recs.Api.Security;

/// <summary>
/// What a call passes before anything is done for it: a free place, a key that may do this, its rate. Thread-safe.
/// </summary>
internal sealed class RequestGate : IDisposable
{
    /// <summary>The cookie that lets a browser's pages call the API; set by the pages, never readable by scripts.</summary>
    public const string KeyCookie = "recs-key";

    /// <summary>Buckets of remote addresses: a cap on memory that costs strangers a shared rate at worst.</summary>
    private const int RemoteBuckets = 1 << 16;

    private readonly RecommenderApiOptions _options;
    private readonly Exposure _exposure;
    private readonly ApiKeys _keys;
    private readonly PartitionedRateLimiter<int> _limiter;
    private int _inProgress;

    public RequestGate(RecommenderApiOptions options, Exposure exposure)
    {
        _options = options;
        _exposure = exposure;
        _keys = new ApiKeys(options);
        var perSecond = options.RequestsPerSecond ?? RecommenderApiOptions.DefaultRequestsPerSecond;
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.RequestBurst ?? Math.Max(1, perSecond * 2),
            TokensPerPeriod = Math.Max(1, perSecond / 10),
            ReplenishmentPeriod = TimeSpan.FromSeconds(perSecond >= 10 ? 0.1 : 1.0 / Math.Max(1, perSecond)),
            QueueLimit = 0,
            AutoReplenishment = false,
        };
        _limiter = PartitionedRateLimiter.Create<int, int>(client => RateLimitPartition.GetTokenBucketLimiter(client, _ => bucket));
    }

    /// <summary>Takes a place among the calls in progress, or refuses; <see cref="Leave"/> gives it back.</summary>
    public Problem? Enter()
    {
        if (Interlocked.Increment(ref _inProgress) <= _options.MaxConcurrentRequests)
            return null;
        Interlocked.Decrement(ref _inProgress);
        return new Problem
        {
            Status = 503,
            Kind = "overloaded",
            Title = "Too busy; try again.",
            Detail = $"{_options.MaxConcurrentRequests} calls are in progress, the most that may be.",
            Legal = $"up to {_options.MaxConcurrentRequests} calls at one time",
            RetryAfter = _options.RetryAfter,
        };
    }

    public void Leave() => Interlocked.Decrement(ref _inProgress);

    /// <summary>Checks key and rate; null when the call may go on.</summary>
    public Problem? Check(HttpContext http, ApiRole needed)
    {
        if (needed == ApiRole.Anyone)
            return null;
        var exposed = _exposure.IsExposed(http);
        var (client, refusal) = Authorize(http, needed, exposed);
        var limited = _options.RequestsPerSecond is { } perSecond ? perSecond > 0 : exposed;
        // Wrong keys count too, by address, so that guessing is no faster than asking.
        return limited && Limit(client) is { } tooMany ? tooMany : refusal;
    }

    /// <summary>Checks a key that came otherwise than in a header; wrong ones count against the address's rate.</summary>
    public Problem? CheckKey(HttpContext http, string key)
    {
        if (_keys.Find(key).Number >= 0)
            return null;
        var limited = _options.RequestsPerSecond is { } perSecond ? perSecond > 0 : _exposure.IsExposed(http);
        return limited && Limit(Remote(http)) is { } tooMany ? tooMany : UnknownKey();
    }

    private static Problem UnknownKey() =>
        Refused(401, "key-unknown", "The API key is not known.", "The key that came with the call is none of this server's.");

    private (int Client, Problem? Refusal) Authorize(HttpContext http, ApiRole needed, bool exposed)
    {
        var remote = Remote(http);
        if (!_keys.Any)
        {
            if (exposed && !_options.AllowAnonymous)
                return (remote, new Problem
                {
                    Status = 401,
                    Kind = "no-keys-configured",
                    Title = "This server has no API keys.",
                    Detail = "The server listens beyond loopback and has no keys, so it answers nobody. Give it keys (RecommenderApiOptions.ReadKeys, WriteKeys, AdminKeys) or allow everybody (AllowAnonymous).",
                });
            if (!exposed && !_options.AllowAnonymous && http.Request.Host is { HasValue: true, Value: var name } && !Exposure.IsLoopback(name))
            {
                // A stranger's DNS name may point here, and a proxy may bring the world: neither is this machine.
                return (remote, Refused(403, "host-not-local", "Only this machine may call.",
                    $"Without keys the server answers calls to localhost, not to '{name}'. Give it keys, or allow everybody (AllowAnonymous)."));
            }
            return (remote, ForgedByAnotherSite(http, byCookie: false));
        }

        var presented = Presented(http, out var byCookie);
        if (presented.IsEmpty)
            return (remote, Refused(401, "key-needed", "An API key is needed.",
                $"No key came with the call. Send one with the {needed.ToString().ToLowerInvariant()} role as X-Api-Key: KEY or Authorization: Bearer KEY."));
        var (number, role) = _keys.Find(presented);
        if (number < 0)
            return (remote, UnknownKey());
        if (role < needed)
            return (~number, Refused(403, "role-too-low", "The API key may not do this.",
                $"The key has the {role.ToString().ToLowerInvariant()} role; this call needs {needed.ToString().ToLowerInvariant()}."));
        return (~number, byCookie ? ForgedByAnotherSite(http, byCookie: true) : null);
    }

    private static ReadOnlySpan<char> Presented(HttpContext http, out bool byCookie)
    {
        byCookie = false;
        var headers = http.Request.Headers;
        if (headers.TryGetValue("X-Api-Key", out var key) && key.Count > 0)
            return key.ToString().AsSpan().Trim();
        var authorization = headers.Authorization.ToString().AsSpan();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return authorization["Bearer ".Length..].Trim();
        if (http.Request.Cookies.TryGetValue(KeyCookie, out var cookie))
        {
            byCookie = true;
            return cookie;
        }
        return default;
    }

    /// <summary>
    /// A browser sends cookies, and reaches this machine's loopback, for any site's page; what changes state must
    /// come from our own pages, or from no browser when no cookie is what authorises it.
    /// </summary>
    private static Problem? ForgedByAnotherSite(HttpContext http, bool byCookie)
    {
        var method = http.Request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method))
            return null;
        var site = http.Request.Headers["Sec-Fetch-Site"].ToString();
        if (site == "same-origin" || (site.Length == 0 && !byCookie) || (site == "none" && !byCookie))
            return null;
        return Refused(403, "cross-site", "The call comes from another site.",
            $"Sec-Fetch-Site was {(site.Length == 0 ? "absent" : site)}; a call that changes something needs same-origin, or a key in a header.");
    }

    private Problem? Limit(int client)
    {
        using var lease = _limiter.AttemptAcquire(client);
        if (lease.IsAcquired)
            return null;
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : _options.RetryAfter;
        var perSecond = _options.RequestsPerSecond ?? RecommenderApiOptions.DefaultRequestsPerSecond;
        return new Problem
        {
            Status = 429,
            Kind = "rate-limited",
            Title = "Too many calls; slow down.",
            Detail = string.Create(CultureInfo.InvariantCulture, $"More than {perSecond} calls per second came from this client."),
            Legal = $"{perSecond} calls per second",
            RetryAfter = wait,
        };
    }

    /// <summary>A bucket for the address; an IPv6 client counts by its /64, which is what one customer gets.</summary>
    private int Remote(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address)
            return 0;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var hash = new HashCode();
        hash.AddBytes(bytes[..Math.Min(length, 8)]);
        return hash.ToHashCode() & (RemoteBuckets - 1);
    }

    private static Problem Refused(int status, string kind, string title, string detail) =>
        new() { Status = status, Kind = kind, Title = title, Detail = detail };

    public void Dispose() => _limiter.Dispose();
}
