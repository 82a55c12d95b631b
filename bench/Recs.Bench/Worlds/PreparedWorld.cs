using Recs.Training;
using Recs.Training.Ranking;
using Recs.Training.Simulation;

namespace Recs.Bench.Worlds;

/// <summary>
/// A data folder with a demo world in it, its events, and a model trained on them. Made once: a folder that a caller
/// named is used again when its world has the same size and seed.
/// </summary>
internal sealed class PreparedWorld
{
    private PreparedWorld(string folder, DemoWorld world, Facts facts)
    {
        Folder = folder;
        World = world;
        End = facts.End;
        Users = facts.Users;
        Events = facts.Events;
        TrainingSeconds = facts.TrainingSeconds;
        ItemIds = [.. world.Items.Select(item => item.Id)];
    }

    public string Folder { get; }

    public DemoWorld World { get; }

    public DateTimeOffset End { get; }

    /// <summary>Users with at least one event.</summary>
    public IReadOnlyList<string> Users { get; }

    public IReadOnlyList<string> ItemIds { get; }

    public long Events { get; }

    /// <summary>Of the whole training run: two factorisations, ranker, neighbours.</summary>
    public double TrainingSeconds { get; }

    public double EventsPerUser => (double)Events / Users.Count;

    public static async Task<PreparedWorld> MakeAsync(string folder, int items, int users, int days, int epochs, int seed, RankerKind ranker = RankerKind.Logistic)
    {
        var factsFile = folder + ".json";
        var known = File.Exists(factsFile) ? JsonSerializer.Deserialize<Facts>(await File.ReadAllTextAsync(factsFile)) : null;
        var reuse = known is not null && (known.Items, known.AllUsers, known.Days, known.Seed, known.Ranker) == (items, users, days, seed, ranker);
        var end = reuse ? known!.End : TimeProvider.System.GetUtcNow();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = items, Users = users, Days = days, Seed = seed, End = end });
        if (reuse)
            return new PreparedWorld(folder, world, known!);

        Console.WriteLine($"preparing {items:N0} items, {users:N0} users, {days} days in {folder}");
        var met = new HashSet<string>(StringComparer.Ordinal);
        var events = 0L;
        await using (var recommender = await OpenAsync(folder))
        {
            foreach (var batch in world.Items.Chunk(Limits.MaxItemsPerBatch))
                await recommender.UpsertItemsAsync(batch);
            foreach (var batch in world.History().Chunk(Limits.MaxEventsPerBatch))
            {
                events += (await recommender.ObserveAsync(batch)).Accepted;
                met.UnionWith(batch.Select(e => e.UserId));
            }

            await recommender.CheckpointAsync();
        }

        var clock = Stopwatch.StartNew();
        var manifest = await Trainer.TrainAsync(
            new TrainingOptions { DataDirectory = folder, Rank = 64, Epochs = epochs, Seed = seed, Ranker = ranker }, TimeProvider.System);
        Console.WriteLine($"  {events:N0} events of {met.Count:N0} users; trained {manifest.Version} in {clock.Elapsed.TotalSeconds:F1} s; ranked by: {manifest.Note ?? manifest.Ranker}");
        var facts = new Facts(items, users, days, seed, end, [.. met.Order(StringComparer.Ordinal)], events, clock.Elapsed.TotalSeconds, ranker);
        await File.WriteAllTextAsync(factsFile, JsonSerializer.Serialize(facts));
        return new PreparedWorld(folder, world, facts);
    }

    /// <summary>A started recommender for filling a folder fast: durable once a second and at the end.</summary>
    public static Task<EmbeddedRecommender> OpenAsync(string folder) => OpenAsync(new RecommenderOptions
    {
        DataDirectory = folder,
        EventLog = new SegmentedLogOptions { Flush = FlushPolicy.EverySecond },
    });

    public static async Task<EmbeddedRecommender> OpenAsync(RecommenderOptions options)
    {
        var recommender = new EmbeddedRecommender(options, TimeProvider.System, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        return recommender;
    }

    private sealed record Facts(
        int Items, int AllUsers, int Days, int Seed, DateTimeOffset End, IReadOnlyList<string> Users, long Events, double TrainingSeconds, RankerKind Ranker = RankerKind.Logistic);
}
