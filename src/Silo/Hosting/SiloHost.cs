using Orleans.Dashboard;
using Orleans.Storage;
using Recs.Api;
using Recs.Api.Hosting;
using Recs.Api.Security;
using Recs.Client;
using Recs.Grains.Silo;
using Recs.Ranking.Onnx;

namespace Recs.Silo.Hosting;

/// <summary>One silo: builds it, runs it, and turns what goes wrong into one line and an exit code.</summary>
internal static class SiloHost
{
    private const string DashboardPath = "/dashboard";

    /// <summary>What a stopping silo may take once it has drained: requests, outboxes, grains.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    /// <summary>Log partitions, users' storage and the catalogue flush side by side, and several silos may share a disk.</summary>
    private const int ThreadsForDisk = 30;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>0 after a clean stop, 1 when it could not start, 2 for a bad command line.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        SiloArguments arguments;
        try
        {
            arguments = SiloArguments.Parse(args, Environment.GetEnvironmentVariable);
            if (arguments.ShowHelp)
            {
                output.WriteLine(SiloArguments.Help);
                return 0;
            }

            arguments.Web.RefuseOpenDoors();
        }
        catch (RecommenderException refusal)
        {
            errors.WriteLine(refusal.Message);
            return 2;
        }

        PoolThreads.Reserve(ThreadsForDisk);
        try
        {
            await using (var app = Build(arguments))
                await ServeAsync(app, arguments, output);
            output.WriteLine("Stopped; everything acknowledged is stored.");
            return 0;
        }
        catch (Exception error) when (Explain(error, arguments) is { } line)
        {
            errors.WriteLine(line);
            return 1;
        }
    }

    private static WebApplication Build(SiloArguments arguments)
    {
        var builder = WebHosting.CreateBuilder(arguments.Web, arguments.Drain + StopPatience);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning)
            // Start and stop problems are told in one line of our own.
            .AddFilter("Orleans.Lifecycle", LogLevel.None).AddFilter("Orleans.Runtime.SiloLifecycleSubject", LogLevel.None)
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Critical)
            // What cannot be sent is told to its caller; the rest is the dashboard's, while a silo stops.
            .AddFilter("Orleans.Messaging", LogLevel.Critical);
        builder.UseOrleans(silo => silo.Use(arguments));

        var services = builder.Services;
        OnnxRuntimeBackend.Register();
        services.AddSingleton(arguments);
        services.AddSingleton(new TelemetrySources(["Microsoft.Orleans", SiloMetrics.Name, ClientMetrics.Name], ["Microsoft.Orleans.*"]));
        services.AddRecommenderApi();
        services.AddSingleton<ClientMetrics>();
        // Eight attempts, five seconds in all, outlast the declaration of a dead silo: callers of the others need not notice.
        services.AddSingleton(new ClusterRecommenderOptions { Seed = HashCode.Combine(Environment.MachineName, Environment.ProcessId), MaxAttempts = 8 });
        services.AddSingleton<IRecommender, ClusterRecommender>();
        services.AddSingleton<IRecommenderAdmin, SiloAdmin>();
        services.AddSingleton<SiloCounters>();
        services.AddSingleton<SiloDrain>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<SiloDrain>());
        services.AddHostedService(provider => provider.GetRequiredService<SiloDrain>());

        var app = builder.Build();
        CloseConnectionsWhileDraining(app);
        var api = arguments.Web.ToApiOptions();
        app.MapRecommender(api);
        // From the start, so that what is read later counts everything.
        var counters = app.Services.GetRequiredService<SiloCounters>();
        app.MapGet("/silo", () => counters.Read()).RequireOperator(app.Services, api);
        app.MapPost("/silo/collect", () => GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true)).RequireOperator(app.Services, api);
        if (arguments.Dashboard)
            app.MapOrleansDashboard(routePrefix: DashboardPath).RequireOperator(app.Services, api);
        app.MapNotFound();
        return app;
    }

    // A client that keeps its connection would not notice that the load balancer has turned to the other silos.
    private static void CloseConnectionsWhileDraining(WebApplication app)
    {
        var drain = app.Services.GetRequiredService<SiloDrain>();
        app.Use((http, next) =>
        {
            if (drain.IsDraining)
                http.Response.Headers.Connection = "close";
            return next(http);
        });
    }

    private static async Task ServeAsync(WebApplication app, SiloArguments arguments, TextWriter output)
    {
        var progress = app.Services.GetRequiredService<StartupProgress>();
        var console = new ProgressConsole(output, terminal: !Console.IsOutputRedirected, app.Services.GetRequiredService<TimeProvider>());
        progress.Changed += console.Show;
        // Opened here rather than by the first grain, so that a folder in use is one clear line.
        app.Services.GetKeyedService<IGrainStorage>(ClusterNames.Storage);
        await StartAsync(app);
        console.Write($"Orleans.Recs silo listens on {string.Join(", ", app.Urls)}, data in {Path.GetFullPath(arguments.Data)}");
        var ready = ReportReadyAsync(app, arguments, progress, console);
        await app.WaitForShutdownAsync();
        await ready;
    }

    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch when (app.Services.GetRequiredService<SiloDrain>().HasJoined)
        {
            // The web server cannot listen: the silo leaves the cluster before its services are disposed.
            using var patience = new CancellationTokenSource(StopPatience, app.Services.GetRequiredService<TimeProvider>());
            await app.StopAsync(patience.Token);
            throw;
        }
    }

    private static async Task ReportReadyAsync(WebApplication app, SiloArguments arguments, StartupProgress progress, ProgressConsole console)
    {
        var engine = app.Services.GetRequiredService<SiloEngine>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            while (!engine.Ready.IsCompletedSuccessfully)
            {
                progress.Report(engine.Starting ?? "starting", 0);
                await Task.Delay(Look, time, stopping);
            }

            progress.Complete();
            var more = arguments.Dashboard ? [("Dashboard", DashboardPath + (arguments.Web.HasKeys ? "?key=ADMIN-KEY" : ""))] : Array.Empty<(string, string)>();
            var status = await app.Services.GetRequiredService<IRecommender>().StatusAsync(stopping);
            console.Write(Banner.Lines(app.Urls, status, arguments.Web.HasKeys, more));
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ready.
        }
        catch (RecommenderException refusal)
        {
            console.Write($"Ready; the cluster's figures did not come: {refusal.Message}");
        }
    }

    private static string? Explain(Exception error, SiloArguments arguments)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (WebHosting.Explain(cause, arguments.Web, arguments.Data) is { } line)
                return line;
        }

        return null;
    }
}
