using Microsoft.Extensions.Logging.Abstractions;
using Recs.Api;
using Recs.Engine.Embedded;
using Recs.Training.Simulation;

namespace Recs.Server.Tests.Host;

public sealed class DemoLoaderTests : IAsyncLifetime
{
    private static readonly DemoWorldOptions Small = new()
    {
        Seed = 5,
        Items = 300,
        Users = 60,
        Days = 10,
        End = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("recs-demo-").FullName;
    private EmbeddedRecommender _recommender = null!;

    public async Task InitializeAsync()
    {
        _recommender = new EmbeddedRecommender(
            new RecommenderOptions { DataDirectory = _folder }, TimeProvider.System, NullLoggerFactory.Instance);
        await _recommender.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _recommender.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_empty_folder_gets_the_world_its_history_and_a_model_that_is_served()
    {
        var progress = new StartupProgress();
        var stages = new List<string>();
        progress.Changed += stage => stages.Add(stage.Stage);
        Assert.True(await LoadAsync(progress));

        var status = await _recommender.StatusAsync();
        Assert.Equal(Small.Items, status.CatalogItems);
        Assert.Equal(DemoWorld.Create(Small).History().Count(), status.TotalEvents);
        Assert.NotNull(status.ModelVersion);
        Assert.Contains("making the demo world", stages);
        Assert.Contains("loading a month of sessions", stages);
        Assert.Contains("training: factorisation", stages);

        Assert.False(await LoadAsync(new StartupProgress()));
        Assert.Equal(status.TotalEvents, (await _recommender.StatusAsync()).TotalEvents);
    }

    [Fact]
    public async Task A_start_that_was_cut_off_goes_on_with_the_same_world()
    {
        using var cut = new CancellationTokenSource();
        var progress = new StartupProgress();
        progress.Changed += stage =>
        {
            if (stage.Stage == "loading a month of sessions" && stage.Share > 0.4)
                cut.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LoadAsync(progress, cut.Token));
        var part = (await _recommender.StatusAsync()).TotalEvents;
        var whole = DemoWorld.Create(Small).History().Count();
        Assert.InRange(part, 1, whole - 1);

        // A later start has another clock and may have another seed; the world begun is the one that counts.
        Assert.True(await LoadAsync(new StartupProgress(), default, Small with { Seed = 6, End = Small.End.AddHours(3) }));
        Assert.Equal(whole, (await _recommender.StatusAsync()).TotalEvents);
        Assert.Equal(Small.Items, (await _recommender.StatusAsync()).CatalogItems);
    }

    [Fact]
    public async Task A_folder_with_data_of_its_own_is_left_alone()
    {
        await _recommender.UpsertItemsAsync([new Item { Id = "mine" }]);
        Assert.False(await LoadAsync(new StartupProgress()));
        Assert.Equal(1, (await _recommender.StatusAsync()).CatalogItems);
    }

    private Task<bool> LoadAsync(StartupProgress progress, CancellationToken cancellationToken = default, DemoWorldOptions? world = null) =>
        new DemoLoader(_recommender, _folder, world ?? Small, TimeProvider.System, progress)
            .RunAsync(cancel => _recommender.ReloadModelAsync(cancel), cancellationToken);
}
