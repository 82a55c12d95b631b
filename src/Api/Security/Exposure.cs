using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Recs.Api.Security;

/// <summary>Whether a server can be reached from other machines. Thread-safe.</summary>
public sealed class Exposure
{
    private readonly IServer? _server;
    private volatile object? _known;

    internal Exposure(IServiceProvider services) => _server = services.GetService<IServer>();

    /// <summary>
    /// True when a listening address is not a loopback one. Where the server tells no addresses, the connection's
    /// remote address decides; none at all is an in-process call.
    /// </summary>
    internal bool IsExposed(HttpContext http)
    {
        if (_known is bool known)
            return known;
        if (_server?.Features.Get<IServerAddressesFeature>() is { Addresses.Count: > 0 } feature)
        {
            // Addresses are final once a request arrives.
            var exposed = feature.Addresses.Any(address => !IsLoopback(address));
            _known = exposed;
            return exposed;
        }
        return http.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote);
    }

    /// <summary>
    /// True for an address that only this machine reaches: localhost, 127.x.x.x, [::1], a Unix socket, a named pipe.
    /// A name other than localhost counts as reachable from elsewhere.
    /// </summary>
    public static bool IsLoopback(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var rest = start < 0 ? url.AsSpan() : url.AsSpan(start + 3);
        if (rest.StartsWith("unix:", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("pipe:", StringComparison.OrdinalIgnoreCase))
            return true;
        var end = rest.IndexOf('/');
        if (end >= 0)
            rest = rest[..end];
        if (rest.StartsWith("["))
        {
            var close = rest.IndexOf(']');
            return close > 0 && IPAddress.TryParse(rest[1..close], out var v6) && IPAddress.IsLoopback(v6);
        }
        var colon = rest.LastIndexOf(':');
        if (colon >= 0)
            rest = rest[..colon];
        return rest.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(rest, out var v4) && IPAddress.IsLoopback(v4));
    }
}
