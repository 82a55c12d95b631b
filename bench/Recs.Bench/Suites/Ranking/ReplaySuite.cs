using Microsoft.Extensions.Logging.Abstractions;
using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Training;
using Recs.Training.Simulation;

namespace Recs.Bench.Suites.Ranking;

/// <summary>
/// A seeded day of pages and clicks with every feature row logged, then every page made again from the logs: rows that
/// are not equal byte for byte, which must be none, and what a replayed page costs.
/// </summary>
internal static class ReplaySuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var requests = arguments.Number("requests", 100_000, 1, 10_000_000);
        var items = arguments.Number("items", 2_000, 50, 1_000_000);
        var users = arguments.Number("users", 1_000, 10, 1_000_000);
        arguments.RefuseOthers();

        using var folder = new WorkFolder("");
        var clock = new SetClock { Now = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) };
        var world = DemoWorld.Create(new DemoWorldOptions { Items = items, Users = users, Days = 10, Seed = seed, End = clock.Now });
        var options = new RecommenderOptions { DataDirectory = folder.Root, FeatureLogShare = 1, Seed = seed };
        options = options with { ImpressionLog = options.ImpressionLog with { MaxBytes = 64L << 30 } };
        await using (var loading = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance))
        {
            await loading.StartAsync();
            foreach (var chunk in world.Items.Chunk(Limits.MaxItemsPerBatch))
                await loading.UpsertItemsAsync(chunk);
            foreach (var chunk in world.History().Chunk(1_000))
                await loading.ObserveAsync(chunk);
        }

        await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 32, Seed = seed }, clock);
        var started = Stopwatch.GetTimestamp();
        await LiveAsync(options, world, clock, requests, seed);
        var live = Stopwatch.GetElapsedTime(started).TotalMilliseconds / requests;

        started = Stopwatch.GetTimestamp();
        var (pages, same, rows) = (0, 0, 0L);
        await foreach (var page in new PageReplay(options).RunAsync())
        {
            pages++;
            same += page.Outcome == "same" ? 1 : 0;
            rows += page.Rows;
            if (page.Difference is not null && pages - same <= 5)
                Console.WriteLine($"{page.RequestId}: {page.Outcome}, {page.Difference}");
        }

        (string, object)[] parameters = [("requests", requests), ("items", items), ("users", users), ("seed", seed)];
        report.Add("pages", pages, "pages", parameters);
        report.Add("pages-not-the-same", pages - same, "pages", parameters);
        report.Add("rows-equal", rows, "rows", parameters);
        report.Add("live", live, "ms a request", parameters);
        report.Add("replayed", Stopwatch.GetElapsedTime(started).TotalMilliseconds / Math.Max(1, pages), "ms a page", parameters);
        return same == pages && pages == requests ? 0 : 1;
    }

    private static async Task LiveAsync(RecommenderOptions options, DemoWorld world, SetClock clock, int requests, int seed)
    {
        await using var recommender = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        var random = new Random(seed);
        var users = world.UserIds.ToArray();
        var step = TimeSpan.FromDays(1) / requests;
        for (var n = 0; n < requests; n++)
        {
            clock.Now += step;
            var user = users[random.Next(users.Length)];
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = 10, Deadline = Limits.MaxDeadline });
            if (random.Next(4) == 0 && page.Items.Count > 0)
            {
                await recommender.ObserveAsync([new Interaction
                {
                    UserId = user,
                    ItemId = page.Items[random.Next(page.Items.Count)].Id,
                    Type = random.Next(5) == 0 ? InteractionType.Purchase : InteractionType.Click,
                    RequestId = page.RequestId,
                }]);
            }
        }
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
