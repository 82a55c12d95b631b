using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Training;
using Recs.Training.Simulation;

namespace Recs.Bench.Suites.Quality;

/// <summary>
/// Items that nobody has met arrive in a trained world: minutes until each is on a page of those who would like it most,
/// and how much likelier their pages hold it than anybody's.
/// </summary>
internal static class NewItemsSuite
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var items = arguments.Number("items", 5_000, 100, 1_000_000);
        var users = arguments.Number("users", 2_000, 10, 1_000_000);
        var days = arguments.Number("days", 30, 1, 365);
        var count = arguments.Number("arriving", 50, 1, 1_000);
        var options = new ArrivalOptions
        {
            Minutes = arguments.Number("minutes", 60, 1, 10_000),
            PagesPerMinute = arguments.Number("pages", 60, 1, 100_000),
            Seed = seed,
        };
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        var end = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
        var world = DemoWorld.Create(new DemoWorldOptions { Items = items, Users = users, Days = days, Seed = seed, End = end });
        var arriving = ArrivalTrial.NewestOf(world, count);
        var absent = arriving.Select(static i => i.Id).ToHashSet(StringComparer.Ordinal);
        var folder = work.Of($"arrival-{items}-{users}-{days}-{count}-{seed}");
        var clock = new SetClock { Now = end };
        var recommenderOptions = new RecommenderOptions
        {
            DataDirectory = folder,
            EventLog = new SegmentedLogOptions { Flush = FlushPolicy.EverySecond },
            Seed = seed,
        };
        var met = new HashSet<string>(StringComparer.Ordinal);
        await using (var recommender = await OpenAsync(recommenderOptions, clock))
        {
            foreach (var batch in world.Items.Where(i => !absent.Contains(i.Id)).Chunk(Limits.MaxItemsPerBatch))
                await recommender.UpsertItemsAsync(batch);
            foreach (var batch in world.History().Where(e => !absent.Contains(e.ItemId)).Chunk(Limits.MaxEventsPerBatch))
            {
                await recommender.ObserveAsync(batch);
                met.UnionWith(batch.Select(static e => e.UserId));
            }

            await recommender.CheckpointAsync();
        }

        await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder, Rank = 64, Seed = seed }, clock);
        await using var live = await OpenAsync(recommenderOptions, clock);
        var result = await ArrivalTrial.RunAsync(
            live, world, arriving, [.. met.Order(StringComparer.Ordinal)], end.AddMinutes(1), now => clock.Now = now, options);
        (string, object)[] about =
        [
            ("items", items), ("users", met.Count), ("arriving", count), ("pagesPerMinute", options.PagesPerMinute), ("minutes", options.Minutes),
            ("audience", options.AudienceShare), ("pageSize", options.PageSize), ("seed", seed),
        ];
        report.Add("minutes-to-audience-median", result.MinutesFor(0.5), "min", about);
        report.Add("minutes-to-audience-p90", result.MinutesFor(0.9), "min", about);
        report.Add("reached-share", (double)result.Items.Count(static i => i.MinutesToAudience is not null) / count, "of items", about);
        report.Add("audience-lift", result.AudienceLift, "times as likely as on anybody's page", about);
        report.Add("new-share-of-places", result.NewShare, "of places", about);
        report.Add("click-rate", result.ClickRate, "true mean", about);
        report.Add("click-rate-of-new", result.NewClickRate, "true mean", about);
        return 0;
    }

    private static async Task<EmbeddedRecommender> OpenAsync(RecommenderOptions options, TimeProvider clock)
    {
        var recommender = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        return recommender;
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
