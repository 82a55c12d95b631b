using Recs.Bench.Harness;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>What one process held.</summary>
internal sealed record MemoryReading(double StartSeconds, long Users, long HeapAtRest, long ResidentAtRest, long Active, long HeapActive, long ResidentActive);

/// <summary>
/// Opens a folder in a process of its own, so that nothing from filling it is counted: reads memory after a full
/// collection, touches some users so that their sessions are in memory, reads again.
/// </summary>
internal static class MemoryProbe
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var folder = arguments.Text("folder", "");
        var touch = arguments.Number("touch", 0);
        arguments.RefuseOthers();
        var clock = Stopwatch.GetTimestamp();
        await using var recommender = await PreparedWorld.OpenAsync(new RecommenderOptions
        {
            DataDirectory = folder,
            MaxActiveSessions = Math.Max(100, touch),
            SessionIdleTimeout = TimeSpan.FromHours(12),
        });
        var started = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var rest = Read();
        for (var user = 0; user < touch; user++)
            await recommender.ProfileAsync(SyntheticEvents.UserId(user));
        var active = Read();
        var status = await recommender.StatusAsync();
        Console.WriteLine(JsonSerializer.Serialize(new MemoryReading(
            started, status.Users, rest.Heap, rest.Resident, status.ActiveSessions, active.Heap, active.Resident)));
        GC.KeepAlive(recommender);
        return 0;
    }

    private static (long Heap, long Resident) Read()
    {
        for (var n = 0; n < 2; n++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return (GC.GetTotalMemory(forceFullCollection: true), ProcessUsage.Own().ResidentBytes);
    }
}
