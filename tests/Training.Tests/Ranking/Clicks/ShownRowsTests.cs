using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Training.Ranking;
using Recs.Training.Ranking.Clicks;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Ranking.Clicks;

public sealed class ShownRowsTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_ranker_learns_from_pages_as_they_were_shown_and_from_no_others()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 150, Days = 20, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var training = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 3 };
        await Trainer.TrainAsync(training, new Clock());
        var shown = await LiveAsync(new RecommenderOptions { DataDirectory = folder.Root, FeatureLogShare = 1 }, world, 400);

        var rows = ShownRows.Read(folder.Root, FeatureSchema.Width, FeatureSchema.Hash, default);
        Assert.Equal((400, 0), (rows.Pages, rows.PassedOver));
        Assert.Equal(shown.Select(s => s.Clicked), Enumerable.Range(0, rows.Rows.Count).Select(rows.Rows.IsPositive));
        Assert.Equal(shown.Select(s => s.Place), Enumerable.Range(0, rows.Rows.Count).Select(rows.Rows.Place));
        var (early, late) = (rows.Of(0, 300), rows.Of(300, 400));
        Assert.Equal(rows.Rows.Count, early.Count + late.Count);
        Assert.Equal(rows.Rows.Row(early.Count).ToArray(), late.Row(0).ToArray());
        // Rows of another schema are not known to be, and are passed over.
        var other = ShownRows.Read(folder.Root, FeatureSchema.Width, "another", default);
        Assert.Equal((0, 400), (other.Pages, other.PassedOver));

        foreach (var bias in Enum.GetValues<PositionBias>())
        {
            var manifest = await Trainer.TrainAsync(training with { RankerRows = RankerRows.Shown, PositionBias = bias }, new Clock());
            output.WriteLine($"{bias}: AUC {manifest.Metrics["ranker.auc"]:0.000} on {manifest.Metrics["ranker.rows"]} rows, {manifest.Note}");
            Assert.Equal(shown.Count, manifest.Metrics["ranker.rows"]);
            Assert.Equal(shown.Count(s => s.Clicked), manifest.Metrics["ranker.positives"]);
            // Clicks fall on the first places and on nothing else that a ranker could know.
            Assert.InRange(manifest.Metrics["ranker.auc"], 0.3, 0.8);
        }
    }

    [Fact]
    public async Task Where_too_little_was_shown_replayed_pages_stand_in_and_the_note_says_so()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 200, Users = 100, Days = 20, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var manifest = await Trainer.TrainAsync(
            new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 2, RankerRows = RankerRows.Shown }, new Clock());
        Assert.Contains("0 responses to the logged rows of 0 pages", manifest.Note, StringComparison.Ordinal);
        Assert.True(manifest.Metrics["ranker.rows"] > 100, "rows");
    }

    [Theory]
    [InlineData(RankerRows.Replayed, PositionBias.Propensity, RankerKind.Trees)]
    [InlineData(RankerRows.Shown, PositionBias.Feature, RankerKind.Dcn)]
    public async Task A_correction_that_cannot_be_made_is_refused(RankerRows rows, PositionBias bias, RankerKind kind)
    {
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => Trainer.TrainAsync(
            new TrainingOptions { DataDirectory = "nowhere", RankerRows = rows, PositionBias = bias, Ranker = kind }, new Clock()));
        Assert.Equal((RefusalKind.Invalid, "positionBias"), (refusal.Kind, refusal.Field));
    }

    private static async Task<List<(bool Clicked, int Place)>> LiveAsync(RecommenderOptions options, DemoWorld world, int pages)
    {
        var clock = new Clock();
        await using var recommender = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        var random = new Random(5);
        var users = world.UserIds.ToArray();
        var shown = new List<(bool, int)>();
        for (var n = 0; n < pages; n++)
        {
            clock.Now += TimeSpan.FromSeconds(30);
            var user = users[random.Next(users.Length)];
            var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = 10, IncludeSeen = n % 2 == 0, Deadline = Limits.MaxDeadline });
            for (var place = 0; place < page.Items.Count; place++)
            {
                var clicked = random.NextDouble() < 0.3 / (1 + place);
                shown.Add((clicked, place));
                if (clicked)
                    await recommender.ObserveAsync([new Interaction { UserId = user, ItemId = page.Items[place].Id, Type = InteractionType.Click, RequestId = page.RequestId }]);
            }

            // A click that names no page, and one on an item that the page did not show, teach nothing here.
            await recommender.ObserveAsync([new Interaction { UserId = user, ItemId = world.Items[n % 300].Id, Type = InteractionType.Click }]);
        }

        return shown;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = End;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
