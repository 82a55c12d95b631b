using Recs.Engine.Embedded;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;
using Xunit.Abstractions;

namespace Recs.Training.Tests;

public sealed class TrainerTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly DemoWorldOptions World = new() { Items = 800, Users = 300, Days = 30, End = End };

    [Fact]
    public async Task A_trained_model_finds_what_users_would_click()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(World);
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var stages = new List<string>();
        var manifest = await Trainer.TrainAsync(
            new TrainingOptions { DataDirectory = folder.Root, Rank = 32 }, new FixedTime(End), new Recorder(stages));

        Assert.Null(manifest.Note);
        Assert.Equal(world.History().LongCount(), manifest.Events);
        Assert.Equal(world.History().DistinctBy(e => e.UserId).Count(), manifest.Users);
        Assert.Equal(["reading events", "factorisation", "ranker", "factorisation", "neighbours", "writing"], stages);
        foreach (var (name, value) in manifest.Metrics)
            output.WriteLine($"{name}: {value:0.0000}");
        Assert.True(manifest.Metrics["ranker.auc"] > 0.75, "AUC");
        Assert.True(manifest.Metrics["twoStage.ndcg@10"] > 1.5 * manifest.Metrics["popularity.ndcg@10"], "two-stage against popularity");
        Assert.True(manifest.Metrics["twoStage.ndcg@10"] > manifest.Metrics["als.ndcg@10"], "two-stage against ALS alone");

        // The truth: how likely the items of a first page are to be clicked.
        var options = new RecommenderOptions { DataDirectory = folder.Root };
        await using var recommender = new EmbeddedRecommender(
            options, new FixedTime(End), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await recommender.StartAsync();
        var (model, popular, any) = (0.0, 0.0, 0.0);
        var history = world.History().Where(e => e.Type != InteractionType.Impression).ToList();
        var met = history.ToLookup(e => e.UserId, e => e.ItemId);
        var popularItems = history.CountBy(e => e.ItemId).OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Key).ToArray();
        foreach (var user in world.UserIds.Take(150))
        {
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = 10, Deadline = Limits.MaxDeadline });
            Assert.Equal(manifest.Version, page.ModelVersion);
            model += page.Items.Average(i => world.ClickProbability(user, i.Id, End));
            popular += popularItems.Where(i => !met[user].Contains(i)).Take(10).Average(i => world.ClickProbability(user, i, End));
            any += world.Items.Average(i => world.ClickProbability(user, i.Id, End));
        }

        output.WriteLine($"click probability: model {model / 150:P2}, popularity {popular / 150:P2}, random {any / 150:P2}");
        Assert.True(model > 1.5 * popular, $"model {model / 150:P2}, popularity {popular / 150:P2}");
        Assert.True(model > 2.5 * any, $"model {model / 150:P2}, random {any / 150:P2}");
    }

    [Fact]
    public async Task The_same_data_and_seed_give_the_same_model_on_any_number_of_threads()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(World with { Items = 150, Users = 120 });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 3 };
        var one = await Trainer.TrainAsync(options with { Threads = 1 }, new FixedTime(End));
        var two = await Trainer.TrainAsync(options with { Threads = 3 }, new FixedTime(End));
        var other = await Trainer.TrainAsync(options with { Seed = 2 }, new FixedTime(End));
        Assert.StartsWith("No conversion ranker: 1 of 47 responses", one.Note, StringComparison.Ordinal);
        Assert.NotEqual(one.Version, two.Version);
        Assert.Equal(one.Files, two.Files);
        Assert.NotEqual(one.Files["factors.bin"], other.Files["factors.bin"]);
        Assert.Equal([other.Version, two.Version, one.Version], ModelFolder.Versions(DataFolder.Models(folder.Root)));
    }

    [Fact]
    public async Task Too_little_data_for_a_ranker_gives_a_model_with_the_hand_set_one_and_a_note()
    {
        using var folder = new DataFolderBuilder();
        await folder.AddItemsAsync([.. Enumerable.Range(0, 6).Select(i => new Item { Id = $"i{i}" })], End);
        await folder.AddEventsAsync(Enumerable.Range(0, 40).Select(n => new Interaction
        {
            UserId = $"u{n % 8}",
            ItemId = $"i{n % 6}",
            Type = InteractionType.Click,
            Timestamp = End.AddMinutes(n - 60),
        }));
        var manifest = await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 4 }, new FixedTime(End));
        Assert.Contains("hand-set", manifest.Note);
        Assert.Equal((40, 8, 6), (manifest.Events, manifest.Users, manifest.Items));
        var model = ModelFolder.Load(Path.Combine(DataFolder.Models(folder.Root), manifest.Version), new ItemCatalog());
        Assert.Equal(FallbackRanker.Instance.Parameters.Weights, ((LogisticRanker)model.Ranker).Parameters.Weights);
        Assert.Equal(manifest.Note, model.Manifest.Note);
    }

    [Fact]
    public async Task Nothing_to_train_on_is_an_error_that_says_so_and_writes_nothing()
    {
        using var folder = new DataFolderBuilder();
        var missing = await Assert.ThrowsAsync<RecommenderException>(
            () => Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root }, new FixedTime(End)));
        Assert.Equal(RefusalKind.NotFound, missing.Kind);
        Assert.Contains(folder.Root, missing.Message);

        await folder.AddEventsAsync([new Interaction { UserId = "u", ItemId = "i", Type = InteractionType.Impression, Timestamp = End }]);
        var empty = await Assert.ThrowsAsync<RecommenderException>(
            () => Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root }, new FixedTime(End)));
        Assert.Equal(RefusalKind.Conflict, empty.Kind);
        Assert.Contains("1 events", empty.Message);
        Assert.Empty(ModelFolder.Versions(DataFolder.Models(folder.Root)));
    }

    [Fact]
    public async Task Training_can_be_cancelled_and_leaves_no_version()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(World with { Items = 100, Users = 40 });
        await folder.AddEventsAsync(world.History());
        using var cancel = new CancellationTokenSource();
        var progress = new Callback(p =>
        {
            if (p.Stage == "factorisation")
                cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 8 }, new FixedTime(End), progress, cancel.Token));
        Assert.Empty(ModelFolder.Versions(DataFolder.Models(folder.Root)));
    }

    [Fact]
    public async Task An_option_out_of_range_is_named_with_its_range()
    {
        var good = new TrainingOptions { DataDirectory = "x" };
        foreach (var (field, bad) in new (string, TrainingOptions)[]
        {
            ("dataDirectory", good with { DataDirectory = " " }), ("rank", good with { Rank = 3 }), ("rank", good with { Rank = 513 }),
            ("epochs", good with { Epochs = 0 }), ("alpha", good with { Alpha = 0 }), ("alpha", good with { Alpha = double.NaN }),
            ("unobservedWeight", good with { UnobservedWeight = -1 }), ("lambda", good with { Lambda = double.PositiveInfinity }),
            ("regularizationExponent", good with { RegularizationExponent = 1.1 }), ("neighbours", good with { Neighbours = 0 }),
            ("keepVersions", good with { KeepVersions = 0 }), ("threads", good with { Threads = -1 }),
        })
        {
            var e = await Assert.ThrowsAsync<RecommenderException>(() => Trainer.TrainAsync(bad, new FixedTime(End)));
            Assert.Equal(field, e.Field);
            Assert.NotNull(e.Legal);
        }
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class Recorder(List<string> stages) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            lock (stages)
            {
                Assert.InRange(value.Done, 0, 1);
                if (stages.Count == 0 || stages[^1] != value.Stage)
                    stages.Add(value.Stage);
            }
        }
    }

    private sealed class Callback(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}
