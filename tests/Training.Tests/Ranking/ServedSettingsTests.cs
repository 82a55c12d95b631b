using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;

namespace Recs.Training.Tests.Ranking;

/// <summary>A ranker learns from pages such as the folder's host makes them.</summary>
public sealed class ServedSettingsTests
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Training_replays_pages_with_the_candidates_and_the_sessions_of_the_folder_s_host()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 120, Days = 20, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var training = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 2, LinearItems = 0 };
        var byDefault = await TrainAsync(training);
        Assert.True(byDefault.Metrics["candidates.mean"] > 100, $"{byDefault.Metrics["candidates.mean"]} candidates a page");

        var options = new RecommenderOptions { DataDirectory = folder.Root, MaxCandidates = 30, Sessions = new SessionOptions { HistoryCap = 1 } };
        await using (var host = new EmbeddedRecommender(options, new Clock(), NullLoggerFactory.Instance))
            await host.StartAsync();
        var asServed = await TrainAsync(training);
        // Every page finds more than there is room for.
        Assert.Equal(30, asServed.Metrics["candidates.mean"]);
        // What a page has no room for teaches all the same, and is not counted as ranked.
        Assert.True(asServed.Metrics["candidates.found"] > asServed.Metrics["candidates.recall"], $"{asServed.Metrics["candidates.found"]} found, {asServed.Metrics["candidates.recall"]} ranked");
        Assert.InRange(asServed.Metrics["candidates.found"], byDefault.Metrics["candidates.recall"], 1);
        Assert.Equal((100, 30), (asServed.Hyperparameters["candidatesPerSource"], asServed.Hyperparameters["maxCandidates"]));

        // By one item of a user's history the vector is another than by all, whatever the candidates are.
        var longer = await TrainAsync(training with { Pages = PageSettings.Of(options, new SessionOptions()) });
        Assert.Equal(30, longer.Metrics["candidates.mean"]);
        Assert.Equal(byDefault.Metrics["als.ndcg@10"], longer.Metrics["als.ndcg@10"]);
        Assert.NotEqual(byDefault.Metrics["als.ndcg@10"], asServed.Metrics["als.ndcg@10"]);
    }

    [Fact]
    public async Task A_page_has_room_for_at_least_as_many_candidates_as_places_in_training_as_in_serving()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 120, Days = 20, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var manifest = await TrainAsync(new TrainingOptions
        {
            DataDirectory = folder.Root,
            Rank = 8,
            Epochs = 2,
            LinearItems = 0,
            Pages = new PageSettings { CandidatesPerSource = 10, MaxCandidates = 10 },
        });
        Assert.Equal(Limits.DefaultPageSize, manifest.Metrics["candidates.mean"]);
    }

    [Fact]
    public async Task Settings_out_of_range_are_refused()
    {
        var options = new TrainingOptions { DataDirectory = "nowhere", Pages = new PageSettings { CandidatesPerSource = 9 } };
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => Trainer.TrainAsync(options, new Clock()));
        Assert.Equal(("CandidatesPerSource", "9", "10 to 2000"), (refusal.Field, refusal.Value, refusal.Legal));
    }

    private static Task<ModelManifest> TrainAsync(TrainingOptions options) => Trainer.TrainAsync(options, new Clock());

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => End;
    }
}
