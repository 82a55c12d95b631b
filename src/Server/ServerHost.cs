using System.Net.Sockets;
using Recs.Api;
using Recs.Api.Hosting;
using Recs.Engine;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;

namespace Recs.Server;

/// <summary>The one-process server: builds it, runs it, and turns what goes wrong into one line and an exit code.</summary>
internal static class ServerHost
{
    /// <summary>0 after a clean stop, 1 when it could not start, 2 for a bad command line.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        ServerArguments arguments;
        try
        {
            arguments = ServerArguments.Parse(args, Environment.GetEnvironmentVariable);
            if (arguments.ShowHelp)
            {
                output.WriteLine(ServerArguments.Help);
                return 0;
            }
            RefuseOpenDoors(arguments);
        }
        catch (RecommenderException refusal)
        {
            errors.WriteLine(refusal.Message);
            return 2;
        }

        try
        {
            await using var app = Build(arguments);
            return await ServeAsync(app, arguments, output, errors);
        }
        catch (Exception error) when (Explain(error, arguments) is { } line)
        {
            errors.WriteLine(line);
            return 1;
        }
    }

    private static WebApplication Build(ServerArguments arguments)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls([.. arguments.Urls]);
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
            .AddFilter("Recs.Api.Hosting", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        var defaults = new RecommenderOptions();
        builder.Services.AddRecommender(defaults with
        {
            DataDirectory = arguments.Data,
            Seed = arguments.Seed,
            EventRetention = arguments.Retention,
            EventLog = defaults.EventLog with { Flush = arguments.Flush, MaxBytes = arguments.DiskCapBytes },
        });
        var app = builder.Build();
        app.MapRecommender(new RecommenderApiOptions
        {
            ReadKeys = arguments.ReadKeys,
            WriteKeys = arguments.WriteKeys,
            AdminKeys = arguments.AdminKeys,
            AllowAnonymous = arguments.AllowAnonymous && !arguments.HasKeys,
            RequestsPerSecond = arguments.RateLimit,
        });
        app.MapNotFound();
        return app;
    }

    private static async Task<int> ServeAsync(WebApplication app, ServerArguments arguments, TextWriter output, TextWriter errors)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        var progress = app.Services.GetRequiredService<StartupProgress>();
        var console = new ProgressConsole(output, terminal: !Console.IsOutputRedirected, time);
        progress.Changed += console.Show;
        var host = app.Services.GetRequiredService<RecommenderHost>();
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (host.Started.IsFaulted)
        {
            // A recommender that cannot start stops the application, here before it listened; its reason is what matters.
            await host.Started;
        }
        console.Write($"Orleans.Recs listens on {string.Join(", ", app.Urls)}, data in {Path.GetFullPath(arguments.Data)}");

        var filling = FillAsync(app, host, arguments, console, errors, time, progress);
        await app.WaitForShutdownAsync();
        var code = await filling;
        console.Write(code == 0 ? ["Stopped; everything acknowledged is on disk."] : []);
        return code;
    }

    private static async Task<int> FillAsync(
        WebApplication app, RecommenderHost host, ServerArguments arguments, ProgressConsole console, TextWriter errors,
        TimeProvider time, StartupProgress progress)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await host.Started;
        }
        catch (Exception error)
        {
            // The host has begun to stop the application.
            if (!stopping.IsCancellationRequested || error is not OperationCanceledException)
                errors.WriteLine(Explain(error, arguments) ?? $"The recommender cannot start: {error}");
            return error is OperationCanceledException ? 0 : 1;
        }

        try
        {
            if (arguments.Demo)
                await new DemoLoader(
                    host.Recommender, arguments.Data, new DemoWorldOptions { Seed = arguments.Seed, End = time.GetUtcNow() }, time, progress)
                    .RunAsync(host.ReloadModelAsync, stopping);
            progress.Complete();
            console.Write(Banner.Lines(app.Urls, await host.Recommender.StatusAsync(stopping), arguments));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The next start goes on from here.
        }
        catch (Exception error)
        {
            // What is there is worth serving.
            var line = $"The demo world is not complete: {Explain(error, arguments) ?? error.ToString()}";
            progress.Fail(line);
            errors.WriteLine(line);
        }
        return 0;
    }

    private static bool Exposed(ServerArguments arguments) => arguments.Urls.Any(url => !Recs.Api.Security.Exposure.IsLoopback(url));

    private static void RefuseOpenDoors(ServerArguments arguments)
    {
        if (Exposed(arguments) && !arguments.HasKeys && !arguments.AllowAnonymous)
            throw new RecommenderException(RefusalKind.Invalid,
                $"{string.Join(", ", arguments.Urls)} can be reached from other machines, so the server needs API keys: --api-key-admin KEY (and --api-key-write, --api-key-read), or RECS_API_KEY_ADMIN; a key is {RecommenderApiOptions.MinKeyLength} characters or more (openssl rand -hex 24 makes one). To let everybody in instead: --allow-anonymous.");
        if (arguments.HasKeys && arguments.AllowAnonymous)
            throw new RecommenderException(RefusalKind.Invalid, "--allow-anonymous and keys exclude each other: with both, the keys would protect nothing.");
    }

    /// <summary>One line for what a person can mend; null for what is a fault of ours.</summary>
    private static string? Explain(Exception error, ServerArguments arguments) => error switch
    {
        RecommenderException refusal => refusal.Message,
        UnauthorizedAccessException denied => $"The data folder {Path.GetFullPath(arguments.Data)} cannot be written: {denied.Message}",
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
            $"Another program listens on {string.Join(", ", arguments.Urls)} already; stop it, or choose another port with --urls http://localhost:PORT.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"This user may not listen on {string.Join(", ", arguments.Urls)}; ports below 1024 need a privilege.",
        SocketException socket => $"Cannot listen on {string.Join(", ", arguments.Urls)}: {socket.Message}.",
        IOException io => $"{io.Message} (data folder {Path.GetFullPath(arguments.Data)}, {string.Join(", ", arguments.Urls)})",
        FormatException format => format.Message,
        InvalidOperationException { Message: var text } when text.Contains("certificate", StringComparison.OrdinalIgnoreCase) => text,
        _ => null,
    };
}
