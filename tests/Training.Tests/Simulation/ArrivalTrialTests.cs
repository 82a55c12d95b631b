using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;
using Recs.Training.Tests.Import;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Simulation;

public sealed class ArrivalTrialTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task New_items_are_on_pages_of_those_who_like_them_within_minutes_and_more_often_than_on_anybodys()
    {
        const int Seed = 3, Arriving = 8;
        using var folder = new TempFolder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 120, Days = 20, Seed = Seed, End = End });
        var arriving = ArrivalTrial.NewestOf(world, Arriving);
        var absent = arriving.Select(static i => i.Id).ToHashSet();
        var clock = new SetClock { Now = End };
        await using (var filled = await OpenAsync(folder.Root, clock))
        {
            await filled.UpsertItemsAsync([.. world.Items.Where(i => !absent.Contains(i.Id))]);
            foreach (var batch in world.History().Where(e => !absent.Contains(e.ItemId)).Chunk(Limits.MaxEventsPerBatch))
                await filled.ObserveAsync(batch);
        }

        await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 4, Seed = Seed }, clock);
        await using var recommender = await OpenAsync(folder.Root, clock);
        var result = await ArrivalTrial.RunAsync(
            recommender, world, arriving, world.UserIds, End.AddMinutes(1), now => clock.Now = now,
            new ArrivalOptions { Minutes = 30, PagesPerMinute = 30, Seed = Seed });
        output.WriteLine(FormattableString.Invariant(
            $"seed {Seed}: median {result.MinutesFor(0.5):0.0} min, p90 {result.MinutesFor(0.9):0.0} min, lift {result.AudienceLift:0.00}"));
        Assert.InRange(result.MinutesFor(0.5), 0, 5);
        Assert.True(result.AudienceLift > 1.3);
        Assert.True(result.NewClickRate > 0);
        Assert.All(result.Items, i => Assert.InRange(i.AudienceShown, 0, i.AudiencePages));
    }

    [Fact]
    public void Minutes_and_lift_are_those_worked_out_by_hand()
    {
        var result = new ArrivalResult(
            [new("a", 2, 10, 4, 20, 2), new("b", null, 10, 0, 20, 1), new("c", 1, 20, 4, 20, 0), new("d", 6, 0, 0, 0, 0)], 0, 0, 0);
        Assert.Equal(2, result.MinutesFor(0.5));
        Assert.Equal(6, result.MinutesFor(0.75));
        Assert.Equal(double.PositiveInfinity, result.MinutesFor(1));
        // 8 of 40 pages against 3 of 60.
        Assert.Equal(4, result.AudienceLift, 1e-12);
    }

    private static async Task<EmbeddedRecommender> OpenAsync(string folder, TimeProvider clock)
    {
        var recommender = new EmbeddedRecommender(new RecommenderOptions { DataDirectory = folder, Seed = 3 }, clock, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        return recommender;
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
