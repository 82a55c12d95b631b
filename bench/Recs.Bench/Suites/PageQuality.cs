using Recs.Bench.Harness;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>
/// Pages in this process: bytes allocated and collections a page, and the mean true click probability of what is shown,
/// beside showing what is popular and what is drawn at random, each without what the user has met.
/// </summary>
internal static class PageQuality
{
    private const int Judged = 500, Counted = 2_000;

    public static async Task AddAsync(Report report, PreparedWorld world, int pageSize, int seed, (string, object)[] about)
    {
        await using var recommender = await PreparedWorld.OpenAsync(world.Folder);
        var random = new Random(seed);
        var users = Enumerable.Range(0, Judged).Select(_ => world.Users[random.Next(world.Users.Count)]).Distinct().ToArray();
        var (popular, met) = Popular(world, users);
        var (ours, byPopularity, atRandom) = (0.0, 0.0, 0.0);
        foreach (var user in users)
        {
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = pageSize, Deadline = TimeSpan.FromSeconds(5) });
            // An empty place is a click that cannot happen.
            ours += page.Items.Sum(item => world.World.ClickProbability(user, item.Id, world.End)) / pageSize;
            byPopularity += popular.Where(item => !met[user].Contains(item)).Take(pageSize)
                .Average(item => world.World.ClickProbability(user, item, world.End));
            atRandom += Enumerable.Range(0, pageSize)
                .Average(_ => world.World.ClickProbability(user, world.ItemIds[random.Next(world.ItemIds.Count)], world.End));
        }

        report.Add("click-probability", ours / users.Length, "true mean", [.. about, ("judged", users.Length)]);
        report.Add("click-probability-popular", byPopularity / users.Length, "true mean", about);
        report.Add("click-probability-random", atRandom / users.Length, "true mean", about);

        GC.Collect();
        var (bytes, gen0, gen1, gen2) = (GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2));
        var clock = Stopwatch.GetTimestamp();
        for (var n = 0; n < Counted; n++)
            await recommender.RecommendAsync(new PageRequest { UserId = world.Users[random.Next(world.Users.Count)], Count = pageSize });
        var elapsed = Stopwatch.GetElapsedTime(clock);
        report.Add("page-allocated", (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)Counted, "bytes/page", about);
        report.Add("page-direct", elapsed.TotalMilliseconds / Counted, "ms mean, one caller", about);
        report.Add("page-collections", (GC.CollectionCount(0) - gen0) * 1000.0 / Counted, "gen0/1000 pages",
            [.. about, ("gen1", GC.CollectionCount(1) - gen1), ("gen2", GC.CollectionCount(2) - gen2), ("pages", Counted)]);
    }

    private static (string[] Popular, Dictionary<string, HashSet<string>> Met) Popular(PreparedWorld world, string[] users)
    {
        var met = users.ToDictionary(user => user, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var e in world.World.History())
        {
            if (e.Type == InteractionType.Impression)
                continue;
            counts[e.ItemId] = counts.GetValueOrDefault(e.ItemId) + 1;
            if (met.TryGetValue(e.UserId, out var items))
                items.Add(e.ItemId);
        }

        return ([.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Key).Take(2_000)], met);
    }
}
