using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Recs.Api.Hosting;

/// <summary>What the one-process server and a silo have in common as web servers.</summary>
internal static class WebHosting
{
    /// <summary>A builder that listens where the arguments say and tells start and stop problems through the host alone.</summary>
    public static WebApplicationBuilder CreateBuilder(WebArguments arguments, TimeSpan shutdownTimeout)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls([.. arguments.Urls]);
        // A request goes on where its bytes were read, which is a thread of the pool: another change of threads would win nothing.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // A page may exclude a thousand ids, and they come in the request line.
            kestrel.Limits.MaxRequestLineSize = 64 << 10;
            kestrel.Limits.MaxRequestBufferSize = 1 << 20;
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning)
            // Start and stop problems are told in one line of our own.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical)
            .AddFilter("Recs.Api.Hosting", LogLevel.None)
            .AddFilter(typeof(HugePages).FullName, LogLevel.Information);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdownTimeout);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<HugePages>();
        return builder;
    }

    /// <summary>One line for what a person can mend; null for what is a fault of ours.</summary>
    /// <param name="error">What ended the start.</param>
    /// <param name="arguments">Where it wanted to listen.</param>
    /// <param name="folder">Where it keeps its data.</param>
    public static string? Explain(Exception error, WebArguments arguments, string folder)
    {
        var urls = string.Join(", ", arguments.Urls);
        return error switch
        {
            RecommenderException refusal => refusal.Message,
            UnauthorizedAccessException denied => $"The data folder {Path.GetFullPath(folder)} cannot be written: {denied.Message}",
            IOException { InnerException: AddressInUseException } =>
                $"Another program listens on {urls} already; stop it, or choose another port with --urls http://localhost:PORT.",
            SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                $"This user may not listen on {urls}; ports below 1024 need a privilege.",
            SocketException socket => $"Cannot listen on {urls}: {socket.Message}.",
            IOException io => $"{io.Message} (data folder {Path.GetFullPath(folder)}, {urls})",
            FormatException format => format.Message,
            InvalidOperationException { Message: var text } when text.Contains("certificate", StringComparison.OrdinalIgnoreCase) => text,
            _ => null,
        };
    }
}
