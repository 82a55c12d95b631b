using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Recs.Bench.Harness;
using Recs.Bench.Load;
using Recs.Bench.Worlds;
using Recs.Engine.Embedded;

namespace Recs.Bench.Suites;

/// <summary>
/// What the cluster costs: the same world, model and load on the one-process server and on 1, 2 and 3 silos with a real
/// Redis, all on the same cores, so that more silos show their cost and no speed-up. Pages and clicks go to one silo.
/// </summary>
internal static class ClusterSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var rate = arguments.Number("rate", 200, 1, 100_000);
        var silos = arguments.Numbers("silos", "1,2,3");
        var items = arguments.Number("items", 5_000, 100, 1_000_000);
        var users = arguments.Number("users", 2_000, 10, 1_000_000);
        var seconds = arguments.Number("seconds", 15, 1, 3_600);
        var warmUp = arguments.Number("warm-up", 10, 0, 600);
        var clicks = arguments.Number("clicks", 300, 10, 100_000);
        var fresh = arguments.Number("new-users", 5_000, 100, 1_000_000);
        var silo = arguments.Text("silo", Path.Combine("src", "Silo", "bin", "Release", "net10.0", "Recs.Silo.dll"));
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();
        if (!File.Exists(silo))
        {
            Console.WriteLine($"  {silo} is not there: build it first (dotnet build -c Release src/Silo), where the cluster packages can be restored");
            return 1;
        }

        var world = await PreparedWorld.MakeAsync(work.Of($"world-{items}-{users}"), items, users, days: 7, epochs: 6, seed);
        var plan = new LoadPlan
        {
            Port = 0,
            Rate = rate,
            WarmUpSeconds = warmUp,
            Seconds = seconds,
            Connections = 16,
            PageSize = 20,
            ClicksPerThousand = 0,
            Seed = seed,
            Users = world.Users,
            Items = world.ItemIds,
        };
        double one;
        await using (var server = await ServerProcess.StartAsync(world.Folder, "--no-demo"))
            one = await PagesAsync(report, plan with { Port = server.Port }, work, () => server.Usage.Cpu, null, [("host", "one process"), ("silos", 0)]);
        foreach (var count in silos)
        {
            var folder = work.Of($"cluster-{count}");
            CopyModels(world.Folder, Path.Combine(folder, "artifacts"));
            await using var host = await ClusterHost.StartAsync(Path.GetFullPath(silo), folder, count);
            if (host is null)
                return 1;
            (string, object)[] about = [("host", "cluster"), ("silos", count), ("items", items), ("seed", seed)];
            using var client = new HttpClient { BaseAddress = host.Address };
            await FillAsync(client, world);
            var cpu = await PagesAsync(report, plan with { Port = host.Ports[0] }, work, () => host.Cpu.Silos, host, about);
            report.Add("grain-layer-cost", cpu / one, "x CPU of one process", about);
            await FreshnessAsync(report, client, world, clicks, seed, about);
            await StreamAsync(report, host, world, work, clicks, seed, about);
            await UsersAsync(report, client, host, world, fresh, about);
        }

        return 0;
    }

    /// <summary>CPU milliseconds a page.</summary>
    private static async Task<double> PagesAsync(
        Report report, LoadPlan plan, WorkFolder work, Func<TimeSpan> cpu, ClusterHost? host, (string, object)[] about)
    {
        // Once unmeasured: the code is compiled, and the users' grains are active.
        await LoadCommand.StartAsync(plan with { WarmUpSeconds = 0, Seconds = Math.Max(1, plan.WarmUpSeconds) }, work.Of("plan.json"));
        var (cpuBefore, before) = (cpu(), host is null ? null : await host.CountsAsync());
        var load = await LoadCommand.StartAsync(plan with { WarmUpSeconds = 0 }, work.Of("plan.json"));
        var spent = (cpu() - cpuBefore).TotalMilliseconds / load.Pages.Length;
        (string, object)[] all = [.. about, ("rate", plan.Rate), ("seconds", plan.Seconds)];
        report.AddLatencies("page", load.Pages, all);
        report.Add("pages-per-second", load.Pages.Length / load.Seconds, "pages/s", all);
        report.Add("errors", load.Errors, "requests", [.. all, ("sample", load.ErrorSample)]);
        report.Add("degraded-share", (double)load.Degraded / load.Pages.Length, "of pages", all);
        report.Add("cpu-per-page", spent * 1000, "µs", all);
        if (host is not null && before is not null)
        {
            var after = await host.CountsAsync();
            report.Add("remote-messages-per-page", (double)(after.RemoteMessages - before.RemoteMessages) / load.Pages.Length, "messages", all);
            report.Add("local-messages-per-page", (double)(after.LocalMessages - before.LocalMessages) / load.Pages.Length, "messages", all);
        }

        return spent;
    }

    // A click acknowledged by its user's grain, then a page that was made from a state at or past it.
    private static async Task FreshnessAsync(Report report, HttpClient client, PreparedWorld world, int clicks, int seed, (string, object)[] about)
    {
        var random = new Random(seed);
        var latencies = new List<long>(clicks);
        var late = 0;
        for (var n = -50; n < clicks; n++)
        {
            var user = world.Users[random.Next(world.Users.Count)];
            var item = world.ItemIds[random.Next(world.ItemIds.Count)];
            var clock = Stopwatch.GetTimestamp();
            using var answer = await client.PostAsJsonAsync("v1/events", new[] { new { userId = user, itemId = item, type = "click" } });
            var receipt = JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
            var sequence = receipt["sequences"]![user]!.GetValue<long>();
            var page = JsonNode.Parse(await client.GetStringAsync($"v1/users/{Uri.EscapeDataString(user)}/recommendations?count=20&after={sequence}"))!;
            if (n < 0)
                continue;
            latencies.Add(Stopwatch.GetTimestamp() - clock);
            late += page["sequence"]!.GetValue<long>() < sequence ? 1 : 0;
        }

        report.AddLatencies("click-to-list", [.. latencies], about);
        report.Add("click-to-list-late", late, "pages without the click", about);
    }

    // Through a client of its own process: publishing is not part of the HTTP API.
    private static async Task StreamAsync(
        Report report, ClusterHost host, PreparedWorld world, WorkFolder work, int clicks, int seed, (string, object)[] about)
    {
        var dll = Path.GetFullPath(Path.Combine("bench", "Recs.Bench.Client", "bin", "Release", "net10.0", "Recs.Bench.Client.dll"));
        if (!File.Exists(dll))
        {
            Console.WriteLine($"  {dll} is not there: the stream is not measured (dotnet build -c Release bench/Recs.Bench.Client)");
            return;
        }

        var (users, items) = (work.Of("users.txt"), work.Of("items.txt"));
        await File.WriteAllLinesAsync(users, world.Users);
        await File.WriteAllLinesAsync(items, world.ItemIds);
        var start = new ProcessStartInfo(
            "dotnet", [dll, "--redis", host.Redis, "--users", users, "--items", items, "--clicks", $"{clicks}", "--seed", $"{seed}"])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"The client of the stream ended with {process.ExitCode}:\n{output}");
        var figures = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        report.AddLatencies("publish-stored", Ticks(figures["storedMs"]!), about);
        report.AddLatencies("stream-to-list", Ticks(figures["listMs"]!), about);
    }

    private static long[] Ticks(JsonNode milliseconds) =>
        [.. milliseconds.AsArray().Select(ms => (long)(ms!.GetValue<double>() * Stopwatch.Frequency / 1000))];

    // New users one after the other on several connections: each is an activation and a storage read.
    private static async Task UsersAsync(Report report, HttpClient client, ClusterHost host, PreparedWorld world, int count, (string, object)[] about)
    {
        var idle = await MemoryAsync(client, host);
        var before = await host.CountsAsync();
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, token) =>
        {
            using var answer = await client.GetAsync($"v1/users/new-{n}", token);
        });
        var elapsed = clock.Elapsed.TotalSeconds;
        var after = await host.CountsAsync();
        report.Add("activations-per-second", (after.ActivationsCreated - before.ActivationsCreated) / elapsed, "activations/s", about);
        var activated = await MemoryAsync(client, host);
        report.Add("idle-user-grain", (activated - idle) / count, "bytes", [.. about, ("grains", count)]);
        for (var n = 0; n < count; n += 50)
        {
            var batch = Enumerable.Range(n, Math.Min(50, count - n))
                .SelectMany(u => Enumerable.Range(0, 20).Select(e => new { userId = $"new-{u}", itemId = world.ItemIds[(u * 31 + e) % world.ItemIds.Count], type = "click" }));
            using var answer = await client.PostAsJsonAsync("v1/events", batch);
            answer.EnsureSuccessStatusCode();
        }

        report.Add("active-user-grain", (await MemoryAsync(client, host) - idle) / count, "bytes", [.. about, ("grains", count), ("events", 20)]);
    }

    // What the collector has found alive; a few readings, the smallest counts, because garbage is no part of a grain.
    private static async Task<double> MemoryAsync(HttpClient client, ClusterHost host)
    {
        var least = double.MaxValue;
        for (var look = 0; look < 5; look++)
        {
            await host.CollectAsync();
            var status = JsonNode.Parse(await client.GetStringAsync("v1/status"))!;
            least = Math.Min(least, status["managedMemoryBytes"]!.GetValue<double>());
        }

        return least;
    }

    private static async Task FillAsync(HttpClient client, PreparedWorld world)
    {
        foreach (var chunk in world.World.Items.Chunk(Limits.MaxItemsPerBatch))
        {
            using var answer = await client.PostAsJsonAsync("v1/items", chunk.Select(i => new { id = i.Id, title = i.Title, categories = i.Categories, tags = i.Tags, price = i.Price, createdAt = i.CreatedAt }));
            answer.EnsureSuccessStatusCode();
        }

        foreach (var chunk in world.World.History().Chunk(Limits.MaxEventsPerBatch))
        {
            using var answer = await client.PostAsJsonAsync("v1/events", chunk.Select(e => new
            {
                userId = e.UserId,
                itemId = e.ItemId,
                type = JsonName(e.Type),
                timestamp = e.Timestamp,
                weight = e.Weight,
                revenue = e.Revenue,
            }));
            answer.EnsureSuccessStatusCode();
        }
    }

    private static string JsonName(InteractionType type) => char.ToLowerInvariant(type.ToString()[0]) + type.ToString()[1..];

    private static void CopyModels(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(DataFolder.Models(from), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(DataFolder.Models(to), Path.GetRelativePath(DataFolder.Models(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
