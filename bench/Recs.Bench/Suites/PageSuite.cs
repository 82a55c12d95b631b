using Recs.Bench.Harness;
using Recs.Bench.Load;
using Recs.Bench.Worlds;
using Recs.Training.Ranking;

namespace Recs.Bench.Suites;

/// <summary>
/// Full two-stage pages over HTTP from the real server process, at fixed rates, the generator on the same cores. Then, in
/// this process, what one page allocates and how good the pages are against the world's truth.
/// </summary>
internal static class PageSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var rates = arguments.Numbers("rates", "250,500,1000,2000");
        var catalogues = arguments.Numbers("items", "5000,100000");
        var users = arguments.Number("users", 20_000, 10, 1_000_000);
        var days = arguments.Number("days", 7, 1, 365);
        var epochs = arguments.Number("epochs", 6, 1, 100);
        var ranker = arguments.OneOf("ranker", RankerKind.Logistic);
        var seconds = arguments.Number("seconds", 20, 1, 3_600);
        var warmUp = arguments.Number("warm-up", 10, 0, 600);
        var connections = arguments.Number("connections", 32, 1, 512);
        var pageSize = arguments.Number("page-size", 20, 1, Limits.MaxPageSize);
        var clickRate = arguments.Number("with-clicks-at", 1_000, 0, 1_000_000);
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        foreach (var items in catalogues)
        {
            var world = await PreparedWorld.MakeAsync(work.Of($"world-{items}-{users}"), items, users, days, epochs, seed, ranker);
            (string, object)[] about = [("items", items), ("users", world.Users.Count), ("eventsPerUser", Math.Round(world.EventsPerUser, 1)), ("rank", 64), ("pageSize", pageSize), ("seed", seed)];
            report.Add("training", world.TrainingSeconds, "s", [.. about, ("epochs", epochs)]);
            await using (var server = await ServerProcess.StartAsync(world.Folder, "--no-demo"))
            {
                var plans = rates.Select(rate => (Rate: rate, Clicks: 0)).ToList();
                if (clickRate > 0)
                    plans.Add((clickRate, 100));
                // The first rate compiles the server's code; its own warm-up would not be enough for that.
                plans.Insert(0, (plans[0].Rate, -1));
                foreach (var (rate, clicks) in plans)
                {
                    var plan = new LoadPlan
                    {
                        Port = server.Port,
                        Rate = rate,
                        WarmUpSeconds = clicks < 0 ? 0 : warmUp,
                        Seconds = clicks < 0 ? Math.Max(warmUp, 1) : seconds,
                        Connections = connections,
                        PageSize = pageSize,
                        ClicksPerThousand = Math.Max(0, clicks),
                        Seed = seed + rate,
                        Users = world.Users,
                        Items = world.ItemIds,
                    };
                    var result = await LoadAsync(server, plan, work);
                    if (clicks >= 0)
                        Publish(report, plan, result, [.. about, ("rate", rate), ("clicksPerThousand", clicks), ("connections", connections), ("seconds", seconds)]);
                }

                report.Add("server-memory", server.Usage.PeakResidentBytes / (double)(1 << 20), "MiB peak", about);
                await StageFigures.AddAsync(report, server.Address, about);
            }

            await PageQuality.AddAsync(report, world, pageSize, seed, about);
        }

        return 0;
    }

    private static async Task<(LoadResult Load, double ServerCpuSeconds)> LoadAsync(ServerProcess server, LoadPlan plan, WorkFolder work)
    {
        var planFile = work.Of("plan.json");
        // The server's CPU counts from the end of the warm-up; the child's start (about 0.3 s) is part of it.
        var cpu = Task.Delay(TimeSpan.FromSeconds(plan.WarmUpSeconds), TimeProvider.System)
            .ContinueWith(_ => server.Usage.Cpu, TaskScheduler.Default);
        var result = await LoadCommand.StartAsync(plan, planFile);
        var spent = server.Usage.Cpu - await cpu;
        return (result, spent.TotalSeconds);
    }

    private static void Publish(Report report, LoadPlan plan, (LoadResult Load, double ServerCpuSeconds) run, (string, object)[] about)
    {
        var load = run.Load;
        if (load.Pages.Length == 0)
            throw new InvalidOperationException($"No page was answered; {load.Errors} errors such as: {load.ErrorSample}");
        var requests = load.Pages.Length + load.Clicks.Length;
        report.AddLatencies("page", load.Pages, about);
        if (load.Clicks.Length > 0)
            report.AddLatencies("click", load.Clicks, about);
        Array.Sort(load.Lateness);
        report.Add("late-send-p99", Percentile.Milliseconds(load.Lateness, 0.99), "ms", about);
        report.Add("achieved-rate", requests / load.Seconds, "requests/s", about);
        report.Add("errors", load.Errors, "requests", [.. about, ("sample", load.ErrorSample)]);
        report.Add("degraded-share", (double)load.Degraded / load.Pages.Length, "of pages", about);
        report.Add("full-share", (double)load.Full / load.Pages.Length, "of pages", about);
        report.Add("page-bytes", (double)load.BodyBytes / load.Pages.Length, "bytes", about);
        report.Add("server-cpu", run.ServerCpuSeconds * 1000 / (plan.Rate * (double)plan.Seconds), "ms/request", about);
        report.Add("generator-cpu", load.CpuSeconds * 1000 / (plan.Rate * (double)plan.Seconds), "ms/request", about);
    }
}
