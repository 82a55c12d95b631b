using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Recs.Training.Simulation;
using Xunit.Abstractions;

namespace Recs.Training.Tests.Simulation;

public sealed class DemoWorldTests(ITestOutputHelper output)
{
    private static readonly DemoWorldOptions Small = new() { Items = 400, Users = 60, Days = 10, End = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) };

    [Fact]
    public void The_same_options_give_the_same_world_and_another_seed_another()
    {
        Assert.Equal(Fingerprint(Small), Fingerprint(Small));
        Assert.NotEqual(Fingerprint(Small), Fingerprint(Small with { Seed = 2 }));
    }

    [Fact]
    public void The_history_is_legal_in_order_of_time_and_names_only_items_that_had_arrived()
    {
        var world = DemoWorld.Create(Small);
        var items = world.Items.ToDictionary(i => i.Id);
        ItemCatalog.Validate(world.Items);
        var last = DateTimeOffset.MinValue;
        foreach (var e in world.History())
        {
            Assert.True(e.Timestamp >= last);
            last = e.Timestamp!.Value;
            Assert.InRange(last, Small.End.AddDays(-Small.Days), Small.End.AddHours(1));
            Assert.True(items[e.ItemId].CreatedAt <= e.Timestamp);
        }
    }

    [Fact]
    public void Clicks_come_as_often_as_their_probabilities_say()
    {
        var world = DemoWorld.Create(Small);
        var (expected, variance, clicks) = (0.0, 0.0, 0);
        var history = world.History().ToList();
        var clicked = history.Where(e => e.Type == InteractionType.Click).Select(e => (e.UserId, e.ItemId, e.Timestamp)).ToHashSet();
        foreach (var e in history.Where(e => e.Type == InteractionType.Impression))
        {
            var p = world.ClickProbability(e.UserId, e.ItemId, e.Timestamp!.Value);
            expected += p;
            variance += p * (1 - p);
            clicks += clicked.Contains((e.UserId, e.ItemId, e.Timestamp.Value.AddSeconds(1))) ? 1 : 0;
        }

        output.WriteLine($"{clicks} clicks, {expected:0.0} expected, standard deviation {Math.Sqrt(variance):0.0}");
        Assert.InRange(clicks, expected - 4 * Math.Sqrt(variance), expected + 4 * Math.Sqrt(variance));
    }

    [Fact]
    public void The_default_world_has_the_stated_size_and_tastes_worth_learning()
    {
        var options = new DemoWorldOptions { End = Small.End };
        var world = DemoWorld.Create(options);
        var counts = world.History().CountBy(e => e.Type).ToDictionary();
        foreach (var (type, count) in counts)
            output.WriteLine($"{type}: {count}");
        Assert.InRange(counts.Values.Sum(), 120_000, 300_000);
        Assert.Equal((5_000, 2_000), (world.Items.Count, world.UserIds.Count));

        var random = new Random(5);
        var (any, best) = (0.0, 0.0);
        for (var u = 0; u < 100; u++)
        {
            var probabilities = world.Items.Select(i => world.ClickProbability(world.UserIds[u], i.Id, options.End)).ToArray();
            any += probabilities.Average() / 100;
            best += probabilities.OrderDescending().Take(20).Average() / 100;
        }

        output.WriteLine($"a random item is clicked {any:P1}, the 20 best {best:P1}");
        Assert.True(best > 5 * any, $"{best} against {any}");
    }

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(10, 0, 10)]
    [InlineData(10, 10, 0)]
    public void An_empty_world_is_refused(int items, int users, int days) =>
        Assert.Throws<RecommenderException>(() => DemoWorld.Create(Small with { Items = items, Users = users, Days = days }));

    private static string Fingerprint(DemoWorldOptions options)
    {
        var text = new StringBuilder();
        var world = DemoWorld.Create(options);
        foreach (var item in world.Items)
            text.Append(CultureInfo.InvariantCulture, $"{item.Id} {item.Title} {item.Price} {item.CreatedAt:O}\n");
        foreach (var e in world.History())
            text.Append(CultureInfo.InvariantCulture, $"{e.UserId} {e.ItemId} {e.Type} {e.Timestamp:O}\n");
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
