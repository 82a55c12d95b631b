using Recs.Api;
using Recs.Api.Hosting;
using Recs.Engine;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;

namespace Recs.Server;

/// <summary>The one-process server: builds it, runs it, and turns what goes wrong into one line and an exit code.</summary>
internal static class ServerHost
{
    /// <summary>Flushes that may wait for the disk at one time: the event log's and a checkpoint's.</summary>
    private const int ThreadsForDisk = 2;

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
            await using var app = Build(arguments);
            return await ServeAsync(app, arguments, output, errors);
        }
        catch (Exception error) when (WebHosting.Explain(error, arguments.Web, arguments.Data) is { } line)
        {
            errors.WriteLine(line);
            return 1;
        }
    }

    private static WebApplication Build(ServerArguments arguments)
    {
        var builder = WebHosting.CreateBuilder(arguments.Web, shutdownTimeout: TimeSpan.FromSeconds(20));
        var defaults = new RecommenderOptions();
        builder.Services.AddRecommender(defaults with
        {
            DataDirectory = arguments.Data,
            Seed = arguments.Seed,
            Spaces = arguments.Spaces,
            MaxVectorBytes = arguments.MaxVectorBytes,
            EventRetention = arguments.Retention,
            EventLog = defaults.EventLog with { Flush = arguments.Flush, MaxBytes = arguments.DiskCapBytes },
        });
        var app = builder.Build();
        app.MapRecommender(arguments.Web.ToApiOptions());
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
                errors.WriteLine(WebHosting.Explain(error, arguments.Web, arguments.Data) ?? $"The recommender cannot start: {error}");
            return error is OperationCanceledException ? 0 : 1;
        }

        try
        {
            if (arguments.Demo)
                await new DemoLoader(
                    host.Recommender, arguments.Data, new DemoWorldOptions { Seed = arguments.Seed, End = time.GetUtcNow() }, time, progress)
                    .RunAsync(host.ReloadModelAsync, stopping);
            progress.Complete();
            console.Write(Banner.Lines(app.Urls, await host.Recommender.StatusAsync(stopping), arguments.Web.HasKeys));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The next start goes on from here.
        }
        catch (Exception error)
        {
            // What is there is worth serving.
            var line = $"The demo world is not complete: {WebHosting.Explain(error, arguments.Web, arguments.Data) ?? error.ToString()}";
            progress.Fail(line);
            errors.WriteLine(line);
        }
        return 0;
    }
}
