using Recs.Engine.Embedded;
using Recs.Grains;
using Recs.Training;
using Recs.Training.Simulation;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>From the cluster's own log to a model on every silo, and back to pages.</summary>
public sealed class ModelTests(TestClusterHost host) : IClassFixture<TestClusterHost>, IAsyncLifetime
{
    private const int Seed = 7;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly DemoWorld _world = DemoWorld.Create(new DemoWorldOptions { Seed = Seed, Items = 400, Users = 120, Days = 8, End = TimeProvider.System.GetUtcNow() });
    private string _version = "";

    public async Task InitializeAsync()
    {
        if ((await host.Recommender.StatusAsync()).ModelVersion is { } there)
        {
            _version = there;
            return;
        }

        foreach (var chunk in _world.Items.Chunk(Limits.MaxItemsPerBatch))
            await host.Recommender.UpsertItemsAsync(chunk);
        var row = 0;
        foreach (var chunk in _world.History().Chunk(500))
        {
            await host.Recommender.ObserveAsync(chunk, new ImportRows("world", row));
            row += chunk.Length;
        }

        // The log has an event a moment after its user has it.
        while ((await host.Recommender.StatusAsync()).TotalEvents < row)
            await Task.Yield();
        var manifest = await Trainer.TrainAsync(new TrainingOptions { DataDirectory = host.Folder, Rank = 16, Seed = Seed }, TimeProvider.System);
        Assert.Equal(row, manifest.Events);
        _version = manifest.Version;
        Assert.Equal(_version, await host.Client.GetGrain<IControlGrain>(0).RollOutModelAsync());
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_model_rolled_out_serves_on_every_silo_with_all_of_its_sources()
    {
        foreach (var user in _world.UserIds.Take(40))
        {
            var page = await host.Recommender.RecommendAsync(new PageRequest { UserId = user, Count = 20, Deadline = Patience });
            Assert.Equal(_version, page.ModelVersion);
            Assert.Empty(page.Degraded);
            Assert.Equal(20, page.Items.Count);
        }

        Assert.Equal(_version, (await host.Recommender.StatusAsync()).ModelVersion);
    }

    /// <summary>The same events in one process, under the same model: the same candidates of the vectors, in the same order.</summary>
    [Fact]
    public async Task Shards_find_what_one_index_finds()
    {
        var folder = Directory.CreateTempSubdirectory("recs-one-").FullName;
        try
        {
            CopyModels(host.Folder, folder);
            await using var one = new EmbeddedRecommender(
                new RecommenderOptions { DataDirectory = folder }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
            await one.StartAsync();
            await one.UpsertItemsAsync(_world.Items);
            await one.ReloadModelAsync();
            foreach (var chunk in _world.History().Chunk(1_000))
                await one.ObserveAsync(chunk);

            var compared = 0;
            foreach (var user in _world.UserIds)
            {
                var request = new PageRequest { UserId = user, Count = 100, Explain = true, Filter = ItemFilter.Parse("price > 5"), Deadline = Patience };
                var ours = Scores(await host.Recommender.RecommendAsync(request));
                var theirs = Scores(await one.RecommendAsync(request));
                foreach (var (item, score) in ours)
                {
                    if (!theirs.TryGetValue(item, out var other))
                        continue;
                    Assert.Equal(other, score, 1e-5);
                    compared++;
                }
            }

            Assert.True(compared > 1_000, $"{compared} places compared");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_click_changes_the_next_page_and_counts_everywhere_soon()
    {
        var user = _world.UserIds[0];
        var before = await host.Recommender.RecommendAsync(new PageRequest { UserId = user, Deadline = Patience });
        var receipt = await host.Recommender.ObserveAsync([new Interaction { UserId = user, ItemId = before.Items[0].Id, Type = InteractionType.Purchase }]);
        var after = await host.Recommender.RecommendAsync(new PageRequest { UserId = user, After = receipt.Sequences[user], Deadline = Patience });
        Assert.True(after.Sequence >= receipt.Sequences[user]);
        Assert.NotEqual(before.Items.Select(i => i.Id), after.Items.Select(i => i.Id));
    }

    private static Dictionary<string, double> Scores(Page page)
    {
        Assert.Empty(page.Degraded);
        return page.Items.Where(i => i.Explanation!.SourceScores.ContainsKey("als"))
            .ToDictionary(i => i.Id, i => i.Explanation!.SourceScores["als"]);
    }

    private static void CopyModels(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(DataFolder.Models(from), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(DataFolder.Models(to), Path.GetRelativePath(DataFolder.Models(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
