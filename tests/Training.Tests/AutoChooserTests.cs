using Recs.Engine.Embedded;
using Recs.Training.Data;
using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;

namespace Recs.Training.Tests;

public sealed class AutoChooserTests
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_is_chosen_is_no_worse_than_the_defaults_on_the_held_out_part_and_the_manifest_says_why()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 200, Users = 150, Days = 30, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 16, Epochs = 4, Auto = true };
        var manifest = await Trainer.TrainAsync(options, TimeProvider.System);
        Assert.StartsWith("Chosen on the last tenth of the events", manifest.Note, StringComparison.Ordinal);

        var catalog = new ItemCatalog();
        var events = EventColumns.Read(folder.Root, catalog);
        CatalogStore.ReadInto(DataFolder.Catalog(folder.Root), catalog);
        var task = AutoSplit.Of(events, catalog.Count, 1)!.Task;
        double Ndcg(double rank, double unobserved, double lambda, double exponent)
        {
            var spec = ModelSpec.Parse(FormattableString.Invariant($"als epochs=4 alpha=1 rank={rank} unobserved={unobserved} lambda={lambda} exponent={exponent}"));
            return Evaluator.Judge(task, Evaluator.Lists(task, spec.Create().Fit(task.Train, new FitContext()), 10, new()), 10).Average(m => m.Ndcg);
        }

        var chosen = manifest.Hyperparameters;
        var reached = Ndcg(chosen["rank"], chosen["unobservedWeight"], chosen["lambda"], chosen["regularizationExponent"]);
        Assert.Equal(manifest.Metrics["auto.als.ndcg@10"], reached, 1e-9);
        Assert.True(reached >= Ndcg(16, 0.3, 0.025, 1));
        // Nothing of the held-out part is in what the choice was trained on.
        var cut = Trainer.EarlierEnd(events);
        Assert.Equal(UserHistories.Of(events, cut).Count, task.Train.Items.Length);
        Assert.All(task.Queries, q => Assert.Empty(q.Relevant.Intersect(q.History)));
    }

    [Fact]
    public async Task Where_nobody_comes_back_the_newest_of_each_user_is_held_out()
    {
        // 40 users, one after the other, each with 10 events on items of their half and a dislike at the end.
        using var folder = new DataFolderBuilder();
        await folder.AddEventsAsync(Enumerable.Range(0, 40).SelectMany(u => Enumerable.Range(0, 11).Select(e => new Interaction
        {
            UserId = $"u{u:D2}",
            ItemId = $"i{(u % 2 * 20) + (u * 3 + e * 7) % 20}",
            Type = e == 10 ? InteractionType.Dislike : InteractionType.Click,
            Timestamp = End.AddDays(u - 50).AddMinutes(e),
        })));
        var catalog = new ItemCatalog();
        var events = EventColumns.Read(folder.Root, catalog);
        var split = AutoSplit.Of(events, catalog.Count, 1)!;
        Assert.False(split.ByTime);
        // Of ten clicks the first eight are learned from; the dislike comes after what is held out.
        Assert.Equal(40 * 8, split.Earlier.Length);
        Assert.All(split.Task.Queries, q => Assert.Equal((8, 2), (q.History.Length, q.Relevant.Length)));
        var options = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 2, Auto = true };
        Assert.Contains("newest fifth of each user's events", (await Trainer.TrainAsync(options, TimeProvider.System)).Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_too_little_data_the_defaults_serve()
    {
        using var folder = new DataFolderBuilder();
        await folder.AddEventsAsync(Enumerable.Range(0, 40).Select(e => new Interaction
        {
            UserId = $"u{e % 4}",
            ItemId = $"i{e % 7}",
            Type = InteractionType.Click,
            Timestamp = End.AddMinutes(e),
        }));
        var manifest = await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 2, Auto = true }, TimeProvider.System);
        Assert.Contains("the defaults serve", manifest.Note, StringComparison.Ordinal);
        Assert.Equal(8, manifest.Hyperparameters["rank"]);
    }
}
