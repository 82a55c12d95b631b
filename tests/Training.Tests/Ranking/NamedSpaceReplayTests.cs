using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;
using Recs.Training.Data;
using Recs.Training.Evaluation;
using Recs.Training.Ranking;
using Recs.Training.Simulation;
using Recs.Training.Tests.Data;

namespace Recs.Training.Tests.Ranking;

/// <summary>What a space adds to the pages that are served it adds to those that a ranker learns from.</summary>
public sealed class NamedSpaceReplayTests
{
    private const int Users = 5, Met = 10, Places = 20;

    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly VectorSpace Text = new("text", 16, SpaceMetric.Cosine);

    [Fact]
    public async Task A_replayed_page_has_the_candidates_and_the_rows_of_the_page_that_was_served()
    {
        using var folder = new DataFolderBuilder();
        var clock = new Clock();
        var options = new RecommenderOptions { DataDirectory = folder.Root, Spaces = [Text], CandidatesPerSource = Places, FeatureLogShare = 1 };
        var random = new Random(4);
        await using (var host = await StartAsync(options, clock))
        {
            // In the order in which events name them, so that items of one score come in one order everywhere.
            await host.UpsertItemsAsync([.. Enumerable.Range(0, 90).Select(i => ItemOf($"i{i}", random, i < 70 ? -60 + i / 10 : -1))]);
            for (var user = 0; user < Users; user++)
                await host.ObserveAsync([Click(user, 2 * user), Click(user, 2 * user + 1)]);
        }

        var version = (await Trainer.TrainAsync(new TrainingOptions { DataDirectory = folder.Root, Rank = 4, Epochs = 2, LinearItems = 0 }, clock)).Version;
        await using (var host = await StartAsync(options, clock))
        {
            for (var user = 0; user < Users; user++)
            {
                clock.Now += TimeSpan.FromMinutes(1);
                var page = await host.RecommendAsync(new PageRequest { UserId = $"u{user}", Count = Places, Deadline = Limits.MaxDeadline });
                Assert.Empty(page.Degraded);
                await host.ObserveAsync([Click(user, (2 * user + 2) % Met)]);
            }

            // Near everybody, and too late for every page.
            clock.Now += TimeSpan.FromDays(1);
            await host.UpsertItemsAsync([.. Enumerable.Range(0, 5).Select(i => ItemOf($"late{i}", random, createdDays: null))]);
        }

        var served = SegmentedLog.ReadFolder(DataFolder.Impressions(folder.Root))
            .Select(r => ImpressionCodec.Decode(r.Payload)).OfType<ImpressionRecord>().OrderBy(i => i.AtMs).ToArray();
        var (events, catalog) = FolderContents.Read(folder.Root, null, default);
        var model = ModelFolder.Load(Path.Combine(DataFolder.Models(folder.Root), version), catalog);
        var chosen = Enumerable.Range(0, events.Count).Where(e => events.AtMs[e] > End.ToUnixTimeMilliseconds()).ToArray();
        var replayed = new TemporalReplay(events, catalog, model, options, seed: 1).Play(chosen, evaluateFrom: 0, threads: 1, static _ => { }, default);
        Assert.Equal((Users, Users), (served.Length, replayed.Length));
        foreach (var (page, again) in served.Zip(replayed))
        {
            Assert.Equal(page.AtMs, events.AtMs[again.Event]);
            var ranked = again.Ranked!;
            Assert.Equal(page.Candidates, ranked.Count);
            Assert.Equal(Places, page.Shown.Count);
            var rows = Enumerable.Range(0, ranked.Count).Select(r => HexOf(ranked.Features.AsSpan(r * FeatureSchema.Width, FeatureSchema.Width))).ToHashSet();
            Assert.All(page.Shown, shown => Assert.Contains(HexOf(shown.Features.Span), rows));
        }
    }

    [Fact]
    public async Task Training_and_the_last_days_find_more_once_a_space_is_declared()
    {
        using var folder = new DataFolderBuilder();
        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 120, Days = 20, End = End });
        var random = new Random(7);
        var catalog = new ItemCatalog(1_000, new ItemVectors([Text]));
        await using (var store = CatalogStore.Open(DataFolder.Catalog(folder.Root), new SegmentedLogOptions(), catalog, out _))
            await store.UpsertAsync([.. world.Items.Select(item => item with { Vectors = VectorsOf(random) })], End);
        await folder.AddEventsAsync(world.History());
        var training = new TrainingOptions
        {
            DataDirectory = folder.Root,
            Rank = 8,
            Epochs = 2,
            LinearItems = 0,
            Pages = new PageSettings { CandidatesPerSource = 10 },
        };

        var without = await Trainer.TrainAsync(training, new Clock());
        var lastWithout = LastDay.Run(training, TimeSpan.FromDays(4), new Clock(), static (_, _) => { }, default);
        SpaceFile.Declare(folder.Root, [Text]);
        var with = await Trainer.TrainAsync(training, new Clock());
        var lastWith = LastDay.Run(training, TimeSpan.FromDays(4), new Clock(), static (_, _) => { }, default);

        // Up to 20 more on every page, of 300 items; where there was room for all, nothing found before is lost.
        Assert.InRange(with.Metrics["candidates.mean"] - without.Metrics["candidates.mean"], 5, 20);
        Assert.True(with.Metrics["candidates.recall"] >= without.Metrics["candidates.recall"]);
        Assert.Equal(lastWithout.Pages, lastWith.Pages);
        Assert.True(lastWith.Values["found"].Mean > lastWithout.Values["found"].Mean, $"{lastWith.Values["found"].Mean} after {lastWithout.Values["found"].Mean}");
    }

    private static async Task<EmbeddedRecommender> StartAsync(RecommenderOptions options, Clock clock)
    {
        var host = new EmbeddedRecommender(options, clock, NullLoggerFactory.Instance);
        await host.StartAsync();
        return host;
    }

    private static Interaction Click(int user, int item) => new() { UserId = $"u{user}", ItemId = $"i{item}", Type = InteractionType.Click };

    private static Item ItemOf(string id, Random random, int? createdDays) => new()
    {
        Id = id,
        CreatedAt = createdDays is { } days ? End.AddDays(days) : null,
        Vectors = VectorsOf(random),
    };

    private static Dictionary<string, ReadOnlyMemory<float>> VectorsOf(Random random)
    {
        var vector = new float[16];
        foreach (ref var value in vector.AsSpan())
            value = random.NextSingle() - 0.5f;
        return new() { ["text"] = vector };
    }

    private static string HexOf(ReadOnlySpan<float> row) => Convert.ToHexString(MemoryMarshal.AsBytes(row));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = End;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
