using Recs.Bench.Harness;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>
/// Bytes a user: a folder is filled with users of equal history, then opened in a fresh process beside one that has the
/// same catalogue and no users. At rest every session is on disk; active ones are in memory.
/// </summary>
internal static class MemorySuite
{
    private const int Items = 20_000;

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var users = arguments.Number("users", 1_000_000, 1_000, 4_000_000);
        var perUser = arguments.Number("events-per-user", 20, 1, 1_000);
        var active = arguments.Number("active", 100_000, 100, 10_000_000);
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        (string, object)[] about = [("users", users), ("eventsPerUser", perUser), ("items", Items), ("seed", seed)];
        var empty = work.Of("empty");
        var full = work.Of($"users-{users}-{perUser}");
        await FillAsync(empty, 0, perUser, seed);
        if (!Directory.Exists(full))
        {
            var seconds = await FillAsync(full, users, perUser, seed);
            report.Add("fill", (double)users * perUser / seconds, "events/s, every-second", about);
        }

        var none = await ChildProcess.AskAsync<MemoryReading>("memory-probe", "--folder", empty, "--touch", "0");
        var all = await ChildProcess.AskAsync<MemoryReading>("memory-probe", "--folder", full, "--touch", active.ToString(CultureInfo.InvariantCulture));
        if (all.Users != users)
            throw new InvalidOperationException($"The folder held {all.Users} users, not {users}.");
        report.Add("rest-heap", (double)(all.HeapAtRest - none.HeapAtRest) / users, "bytes/user", about);
        report.Add("rest-working-set", (double)(all.ResidentAtRest - none.ResidentAtRest) / users, "bytes/user", about);
        report.Add("rest-sessions-on-disk", (double)WorkFolder.BytesUnder(DataFolder.Sessions(full)) / users, "bytes/user", about);
        report.Add("rest-event-log-on-disk", (double)WorkFolder.BytesUnder(DataFolder.Events(full)) / users, "bytes/user", about);
        report.Add("active-heap", (double)(all.HeapActive - all.HeapAtRest) / all.Active, "bytes/active user", [.. about, ("active", all.Active)]);
        report.Add("active-working-set", (double)(all.ResidentActive - all.ResidentAtRest) / all.Active, "bytes/active user", [.. about, ("active", all.Active)]);
        report.Add("start", all.StartSeconds, "s", about);
        report.Add("start-empty", none.StartSeconds, "s", about);
        return 0;
    }

    // Users come one after the other in rounds, as in life: nobody's twenty events arrive in a row.
    private static async Task<double> FillAsync(string folder, int users, int perUser, int seed)
    {
        var clock = Stopwatch.GetTimestamp();
        await using var recommender = await PreparedWorld.OpenAsync(new RecommenderOptions
        {
            DataDirectory = folder,
            EventLog = new SegmentedLogOptions { Flush = FlushPolicy.EverySecond },
            MaxActiveSessions = 200_000,
        });
        foreach (var batch in SyntheticEvents.Items(Items).Chunk(Limits.MaxItemsPerBatch))
            await recommender.UpsertItemsAsync(batch);
        var start = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(10);
        const int Cohort = 100_000;
        for (var first = 0; first < users; first += Cohort)
        {
            var cohort = Math.Min(Cohort, users - first);
            for (var round = 0; round < perUser; round++)
            {
                var at = start + TimeSpan.FromHours(round);
                await Parallel.ForEachAsync(Enumerable.Range(0, (cohort + 999) / 1000), async (block, token) =>
                {
                    var random = new Random(HashCode.Combine(seed, first, round, block));
                    var size = Math.Min(1000, cohort - block * 1000);
                    var events = new Interaction[size];
                    for (var i = 0; i < size; i++)
                        events[i] = SyntheticEvents.Draw(random, first + block * 1000 + i, Items, at);
                    await recommender.ObserveAsync(events, cancellationToken: token);
                });
            }

            Console.WriteLine($"  {first + cohort:N0} users after {Stopwatch.GetElapsedTime(clock).TotalSeconds:F0} s");
        }

        await recommender.CheckpointAsync();
        return Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }
}
