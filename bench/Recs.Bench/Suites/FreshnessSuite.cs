using System.Net.Http.Json;
using Recs.Bench.Harness;
using Recs.Bench.Load;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>
/// Click to changed list: from sending a click on the list's first item to holding a page that was made from a state at
/// or past it and that differs from the list before. The click is durable (fsync) by then. One caller, one click at a time.
/// </summary>
internal static class FreshnessSuite
{
    private const int Attempts = 20;

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var clicks = arguments.Number("clicks", 2_000, 10, 1_000_000);
        var items = arguments.Number("items", 5_000, 100, 1_000_000);
        var users = arguments.Number("users", 2_000, 10, 1_000_000);
        var days = arguments.Number("days", 30, 1, 365);
        var epochs = arguments.Number("epochs", 6, 1, 100);
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        var world = await PreparedWorld.MakeAsync(work.Of($"world-{items}-{users}"), items, users, days, epochs, seed);
        (string, object)[] about = [("items", items), ("users", world.Users.Count), ("clicks", clicks), ("pageSize", 20), ("seed", seed)];
        report.Add("fsync-p50", FsyncProbe.MedianMs(work.Root), "ms", about);
        await using (var recommender = await PreparedWorld.OpenAsync(new RecommenderOptions { DataDirectory = world.Folder }))
            await MeasureAsync(report, "direct", new DirectCaller(recommender), world, clicks, seed, about);
        await using (var server = await ServerProcess.StartAsync(world.Folder, "--no-demo"))
        {
            using var client = new HttpClient { BaseAddress = server.Address };
            await MeasureAsync(report, "http", new HttpCaller(client), world, clicks, seed + 1, about);
        }

        return 0;
    }

    private static async Task MeasureAsync(
        Report report, string path, ICaller caller, PreparedWorld world, int clicks, int seed, (string, object)[] about)
    {
        var random = new Random(seed);
        var warmUp = Math.Min(300, clicks);
        var (latencies, observed) = (new List<long>(clicks), new List<long>(clicks));
        var (beyondRemoval, degraded, unchanged, empty) = (0, 0, 0, 0);
        for (var n = -warmUp; n < clicks; n++)
        {
            var user = world.Users[random.Next(world.Users.Count)];
            var before = await caller.PageAsync(user, null);
            if (before.Items.Count == 0)
            {
                // Every source was late: there is nothing to click on.
                empty += n < 0 ? 0 : 1;
                continue;
            }

            var clicked = before.Items[0];
            var clock = Stopwatch.GetTimestamp();
            var sequence = await caller.ClickAsync(user, clicked);
            var durable = Stopwatch.GetTimestamp() - clock;
            var after = before;
            var changed = false;
            for (var attempt = 0; attempt < Attempts && !changed; attempt++)
            {
                after = await caller.PageAsync(user, sequence);
                changed = after.Sequence >= sequence && !after.Items.SequenceEqual(before.Items);
            }

            var latency = Stopwatch.GetTimestamp() - clock;
            if (n < 0)
                continue;
            if (!changed)
            {
                unchanged++;
                continue;
            }

            latencies.Add(latency);
            observed.Add(durable);
            // Without the clicked item the old list moves up by one; a list that only did that learnt nothing.
            var kept = before.Items.Where(item => item != clicked).ToArray();
            beyondRemoval += after.Items.Take(kept.Length).SequenceEqual(kept) ? 0 : 1;
            degraded += after.Degraded ? 1 : 0;
        }

        if (latencies.Count == 0)
            throw new InvalidOperationException($"No list changed: {empty} empty pages, {unchanged} lists that stayed.");
        report.AddLatencies($"{path}-click-to-list", [.. latencies], about);
        report.AddLatencies($"{path}-click-durable", [.. observed], about);
        report.Add($"{path}-changed-beyond-removal", (double)beyondRemoval / latencies.Count, "of clicks", about);
        report.Add($"{path}-never-changed", unchanged, "clicks", about);
        report.Add($"{path}-empty-pages", empty, "pages", about);
        report.Add($"{path}-degraded-share", (double)degraded / latencies.Count, "of pages", about);
    }

    private sealed record Seen(long Sequence, IReadOnlyList<string> Items, bool Degraded);

    private interface ICaller
    {
        Task<Seen> PageAsync(string user, long? after);

        Task<long> ClickAsync(string user, string item);
    }

    private sealed class DirectCaller(EmbeddedRecommender recommender) : ICaller
    {
        public async Task<Seen> PageAsync(string user, long? after)
        {
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, After = after });
            return new Seen(page.Sequence, [.. page.Items.Select(item => item.Id)], page.Degraded.Count > 0);
        }

        public async Task<long> ClickAsync(string user, string item) =>
            (await recommender.ObserveAsync([new Interaction { UserId = user, ItemId = item, Type = InteractionType.Click }])).Sequences[user];
    }

    private sealed class HttpCaller(HttpClient client) : ICaller
    {
        public async Task<Seen> PageAsync(string user, long? after)
        {
            using var page = JsonDocument.Parse(await client.GetByteArrayAsync(
                $"v1/users/{user}/recommendations?count=20{(after is null ? "" : $"&after={after}")}"));
            var root = page.RootElement;
            return new Seen(
                root.GetProperty("sequence").GetInt64(),
                [.. root.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)],
                root.GetProperty("degraded").GetArrayLength() > 0);
        }

        public async Task<long> ClickAsync(string user, string item)
        {
            using var answer = await client.PostAsJsonAsync("v1/events", new[] { new { userId = user, itemId = item, type = "click" } });
            answer.EnsureSuccessStatusCode();
            using var receipt = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            return receipt.RootElement.GetProperty("sequences").GetProperty(user).GetInt64();
        }
    }
}
