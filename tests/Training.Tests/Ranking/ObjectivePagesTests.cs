using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Engine.Ranking.Objectives;
using Recs.Training.Ranking;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Ranking;

/// <summary>From purchases in the log to pages ranked for them, with a model that looks on.</summary>
public sealed class ObjectivePagesTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DemoWorld World = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 400, Days = 30, End = End });
    private static readonly string[] Users = [.. World.UserIds.Take(10)];

    [Fact]
    public async Task Pages_mix_click_purchase_and_value_by_surface_and_say_so_and_come_out_of_the_log_again()
    {
        using var folder = await ShopAsync();
        var training = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 3 };
        var manifest = await Trainer.TrainAsync(training, new Clock());
        foreach (var (metric, value) in manifest.Metrics)
            output.WriteLine($"{metric}: {value:0.0000}");
        Assert.Contains("conversion.json", manifest.Files.Keys);
        Assert.InRange(manifest.Metrics["conversion.purchases"], ConversionTraining.Least, manifest.Metrics["conversion.responses"]);

        var options = new RecommenderOptions { DataDirectory = folder.Root, FeatureLogShare = 1, ExplorationSlots = 0, MaxCategoryShare = 1 };
        var before = await PagesAsync(options, "cart");
        File.WriteAllText(DataFolder.Scoring(folder.Root), """{"objectives":[{"surfaces":["cart"],"click":0.2,"purchase":5,"value":0.5}]}""");
        var home = await PagesAsync(options, "home");
        var cart = await PagesAsync(options, "cart");
        Assert.All(before.Concat(home).SelectMany(p => p.Items), i => Assert.Null(i.Explanation!.Objective));

        var moved = 0;
        for (var p = 0; p < cart.Count; p++)
        {
            moved += cart[p].Items.Select(i => i.Id).SequenceEqual(before[p].Items.Select(i => i.Id)) ? 0 : 1;
            Assert.Equal(cart[p].Items.OrderByDescending(i => i.Score).Select(i => i.Id), cart[p].Items.Select(i => i.Id));
            foreach (var item in cart[p].Items)
            {
                var of = item.Explanation!.Objective!;
                Assert.Equal((0.2, 5, 0.5), (of.Click, of.Purchase, of.Value));
                Assert.Equal(Math.Log(of.PClick * (0.2 + of.PBuy * (5 + 0.5 * of.Price))), item.Score, 1e-4);
            }
        }

        Assert.True(moved > cart.Count / 2, $"{moved} of {cart.Count} pages differ from those of clicks alone");

        // The record says what each page was ranked for: the settings may change since.
        File.Delete(DataFolder.Scoring(folder.Root));
        var replayed = new List<ReplayedImpression>();
        await foreach (var page in new PageReplay(options).RunAsync())
            replayed.Add(page);
        Assert.Equal(before.Count + home.Count + cart.Count, replayed.Count);
        Assert.All(replayed, page => Assert.True(page.Outcome == "same", $"{page.RequestId}: {page.Difference}"));
    }

    [Fact]
    public async Task A_shadow_scores_every_page_and_never_serves_until_it_is_promoted()
    {
        using var folder = await ShopAsync();
        var training = new TrainingOptions { DataDirectory = folder.Root, Rank = 8, Epochs = 3, LinearItems = 0 };
        var serving = await Trainer.TrainAsync(training, new Clock());
        var options = new RecommenderOptions { DataDirectory = folder.Root, ExplorationSlots = 0 };
        var alone = await PagesAsync(options, "home");
        var shadow = await Trainer.TrainAsync(training with { Seed = 9, Rank = 4, Shadow = true }, new Clock());

        await using var recommender = new EmbeddedRecommender(options, new Clock(), NullLoggerFactory.Instance);
        await recommender.StartAsync();
        var beside = await PagesAsync(recommender, "home");
        Assert.All(beside, p => Assert.Equal(serving.Version, p.ModelVersion));
        Assert.Equal(alone.Select(Ids), beside.Select(Ids));
        Assert.Equal(serving.Version, await recommender.ReloadModelAsync());

        await recommender.ShadowIdleAsync();
        var figures = (await recommender.StatusAsync()).Shadow!;
        Assert.Equal((shadow.Version, (long)beside.Count, 0L, null), (figures.Model, figures.Pages, figures.Dropped, figures.Problem));
        Assert.InRange(figures.RankCorrelation, 0.2, 0.999);
        var lines = Directory.GetFiles(DataFolder.Shadow(folder.Root)).SelectMany(File.ReadAllLines).ToArray();
        Assert.Equal(beside.Count, lines.Length);
        Assert.DoesNotContain(beside, p => lines.Any(l => l.Contains(p.RequestId, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.Contains("shopper", StringComparison.OrdinalIgnoreCase));

        // Neither a second shadow nor the loss of the settings lets the first one serve.
        var second = await Trainer.TrainAsync(training with { Seed = 10, Rank = 4, Shadow = true, KeepVersions = 1 }, new Clock());
        Assert.Equal(serving.Version, await recommender.ReloadModelAsync());
        Assert.Equal([second.Version, serving.Version], ModelFolder.Versions(DataFolder.Models(folder.Root)));
        ScoringBook.SetShadow(DataFolder.Scoring(folder.Root), null);
        Assert.Equal(serving.Version, await recommender.ReloadModelAsync());

        Assert.True(ModelFolder.Promote(DataFolder.Models(folder.Root), second.Version));
        Assert.False(ModelFolder.Promote(DataFolder.Models(folder.Root), second.Version));
        Assert.Equal(second.Version, await recommender.ReloadModelAsync());
        Assert.Null((await recommender.StatusAsync()).Shadow);

        static string Ids(Page page) => string.Join(' ', page.Items.Select(i => i.Id));
    }

    private static async Task<DataFolderBuilder> ShopAsync()
    {
        var folder = new DataFolderBuilder();
        await folder.AddItemsAsync(World.Items, End);
        await folder.AddEventsAsync(World.History());
        return folder;
    }

    private static async Task<List<Page>> PagesAsync(RecommenderOptions options, string surface)
    {
        await using var recommender = new EmbeddedRecommender(options, new Clock(), NullLoggerFactory.Instance);
        await recommender.StartAsync();
        return await PagesAsync(recommender, surface);
    }

    private static async Task<List<Page>> PagesAsync(EmbeddedRecommender recommender, string surface)
    {
        var pages = new List<Page>();
        for (var n = 0; n < 10; n++)
        {
            pages.Add(await recommender.RecommendAsync(new PageRequest
            {
                UserId = Users[n],
                Count = 12,
                Surface = surface,
                Explain = true,
                Deadline = Limits.MaxDeadline,
            }));
        }

        return pages;
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => End;
    }
}
