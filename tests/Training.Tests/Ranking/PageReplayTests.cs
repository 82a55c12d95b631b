using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;

namespace Recs.Training.Tests.Ranking;

public sealed class PageReplayTests
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_day_of_pages_comes_out_of_the_logs_again_row_by_row_and_byte_by_byte()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 120, Days = 20, End = End });
        await folder.AddItemsAsync(world.Items, End);
        await folder.AddEventsAsync(world.History());
        var training = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 3 };
        var first = await Trainer.TrainAsync(training, new Clock());
        var options = new RecommenderOptions { DataDirectory = folder.Root, FeatureLogShare = 1 };
        const int Pages = 300;
        await LiveAsync(options, world, Pages, seed: 11);

        var same = await AllAsync(new PageReplay(options));
        Assert.Equal(Pages, same.Count);
        Assert.All(same, page => Assert.True(page.Outcome == "same", $"{page.RequestId}: {page.Difference}"));
        Assert.Equal(same.Sum(p => p.Items), same.Sum(p => p.Rows));
        Assert.True(same.Sum(p => p.Rows) > 9 * Pages, "rows");

        // What it compares can differ: by another model, and by another seed where a page explores.
        var second = await Trainer.TrainAsync(training with { Seed = 5, Rank = 4 }, new Clock());
        Assert.NotEqual(first.Version, second.Version);
        Assert.Contains(await AllAsync(new PageReplay(options, second.Version)), p => p is { Outcome: "different", Difference: not null });
        Assert.Contains(await AllAsync(new PageReplay(options with { Seed = 99 })), p => p.Outcome == "different");
        Assert.Equal(RefusalKind.NotFound, Assert.Throws<RecommenderException>(() => new PageReplay(options, "nothing")).Kind);
    }

    private static async Task LiveAsync(RecommenderOptions options, DemoWorld world, int pages, int seed)
    {
        var clock = new Clock();
        await using var recommender = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance);
        await recommender.StartAsync();
        var random = new Random(seed);
        var users = world.UserIds.ToArray();
        for (var n = 0; n < pages; n++)
        {
            clock.Now += TimeSpan.FromMilliseconds(random.Next(1, 60_000));
            var user = random.Next(6) == 0 ? $"new-{random.Next(20)}" : users[random.Next(users.Length)];
            var page = await recommender.RecommendAsync(new PageRequest
            {
                UserId = user,
                Count = 10 + random.Next(3),
                Surface = random.Next(4) == 0 ? "cart" : "home",
                Exclude = random.Next(5) == 0 ? [world.Items[random.Next(world.Items.Count)].Id] : [],
                Filter = random.Next(5) == 0 ? ItemFilter.Parse("price < 60") : null,
                IncludeSeen = random.Next(3) == 0,
                Deadline = Limits.MaxDeadline,
            });
            if (random.Next(3) == 0 || page.Items.Count == 0)
                continue;
            await recommender.ObserveAsync([new Interaction
            {
                UserId = user,
                ItemId = page.Items[random.Next(page.Items.Count)].Id,
                Type = random.Next(4) == 0 ? InteractionType.Purchase : InteractionType.Click,
                RequestId = page.RequestId,
            }]);
        }
    }

    private static async Task<List<ReplayedImpression>> AllAsync(PageReplay replay)
    {
        var pages = new List<ReplayedImpression>();
        await foreach (var page in replay.RunAsync())
            pages.Add(page);
        return pages;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = End;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
