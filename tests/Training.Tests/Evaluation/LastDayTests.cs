using Recs.Training.Evaluation;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Evaluation;

public sealed class LastDayTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_end_is_replayed_through_what_serves_and_beats_popularity()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 200, Users = 140, Days = 30, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 4 };
        LastDayResult Run(int threads) => LastDay.Run(options with { Threads = threads }, TimeSpan.FromDays(4), TimeProvider.System, static (_, _) => { }, default);
        var result = Run(2);
        foreach (var (name, value) in result.Values)
            output.WriteLine($"{name}: {value.Mean:0.000} ({value.Low:0.000} to {value.High:0.000})");
        foreach (var segment in result.Segments)
            output.WriteLine($"{segment.Name}: {segment.Pages} pages, hit rate at 10 {segment.TwoStage:0.000}, popularity {segment.Popularity:0.000}");
        Assert.True(result.Pages > 50);
        Assert.Equal(result.Pages, result.Segments.Sum(s => s.Pages));
        Assert.True(result.Values["twoStage.ndcg@10"].Mean > result.Values["popularity.ndcg@10"].Mean);
        Assert.All(result.Values.Values, v => Assert.True(v.Low <= v.Mean && v.Mean <= v.High));
        Assert.Equal(result.Values, Run(1).Values);
        var refusal = Assert.Throws<RecommenderException>(() => LastDay.Run(options, TimeSpan.FromDays(4_000), TimeProvider.System, static (_, _) => { }, default));
        Assert.Equal(RefusalKind.Conflict, refusal.Kind);
    }

    [Fact]
    public async Task Items_that_an_import_made_later_than_their_events_are_on_the_pages_before()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 120, Users = 80, Days = 30, End = End });
        await folder.AddItemsAsync([.. world.Items.Select(static i => i with { CreatedAt = null })], End.AddDays(300));
        await folder.AddEventsAsync(world.History());
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 4 };
        var result = LastDay.Run(options, TimeSpan.FromDays(4), TimeProvider.System, static (_, _) => { }, default);
        Assert.InRange(result.Values["found"].Mean, 0.9, 1);
        Assert.InRange(result.Values["popularity.hr@10"].Mean, 0.01, 0.6);
    }
}
