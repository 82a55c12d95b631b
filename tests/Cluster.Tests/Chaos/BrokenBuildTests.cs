using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;
using Recs.Grains.Hosting;
using Recs.Grains.Storage;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>The judge against a cluster that is really broken: its storage says that it has a user's write, and has not.</summary>
public sealed class BrokenBuildTests
{
    private const int Seed = 5;
    private static readonly RunBounds Bounds = new()
    {
        PageGrace = TimeSpan.FromMinutes(1),
        ShardSilence = TimeSpan.FromMinutes(1),
        ReplicasBack = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public async Task A_storage_that_drops_writes_is_caught()
    {
        var victim = $"load-{Seed}-1";
        var broken = await JudgeAsync(victim);
        Assert.Contains(broken, line => line.StartsWith($"{victim}:", StringComparison.Ordinal) && line.Contains("and its sequence is 2", StringComparison.Ordinal));
        Assert.All(broken, line => Assert.StartsWith($"{victim}:", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_cluster_with_a_storage_that_keeps_its_word_breaks_no_rule() => Assert.Empty(await JudgeAsync(victim: null));

    /// <summary>A load, every user out of memory and back, and the verdict.</summary>
    private static async Task<IReadOnlyList<string>> JudgeAsync(string? victim)
    {
        var folder = Directory.CreateTempSubdirectory("recs-broken-").FullName;
        try
        {
            var history = new RunHistory();
            await using (var cluster = Build(folder, victim))
            {
                await cluster.DeployAsync();
                var recommender = new ClusterRecommender(
                    cluster.Client, new ClusterRecommenderOptions(), TimeProvider.System, new ClientMetrics(), NullLogger<ClusterRecommender>.Instance);
                string[] items = [.. Enumerable.Range(0, 30).Select(i => $"i{i}")];
                await recommender.UpsertItemsAsync([.. items.Select(id => new Item { Id = id })]);
                var load = new Load(
                    recommender,
                    cluster.Client,
                    new LoadOptions { Seed = Seed, ItemIds = items, Users = 4, EventPause = TimeSpan.FromMilliseconds(20), PageDeadline = TimeSpan.FromSeconds(10) },
                    history,
                    TimeProvider.System);
                using var stop = new CancellationTokenSource();
                using var giveUp = new CancellationTokenSource();
                var running = load.RunAsync(stop.Token, giveUp.Token);
                while (load.UserIds.Any(user => history.CountOf(user) < 12))
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                await stop.CancelAsync();
                await running;
                foreach (var user in load.UserIds)
                {
                    await cluster.Client.GetGrain<IUserGrain>(user).DrainAsync();
                    await cluster.DeactivateAsync(cluster.Client.GetGrain<IUserGrain>(user));
                }

                await RunEnd.CollectAsync(history, load.UserIds, recommender, cluster.Client, folder, TimeSpan.Zero, TimeProvider.System);
            }

            return RunChecker.Check(history, Bounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static InProcessTestCluster Build(string folder, string? victim)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseRecommender(new RecommenderClusterOptions { ArtifactDirectory = folder });
            silo.AddMemoryStreams(ClusterNames.Streams);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryGrainStorage("kept");
            silo.Services.AddSingleton<IGrainStorageSerializer, BlobSerializer>();
            silo.Services.AddKeyedSingleton<IGrainStorage>(
                ClusterNames.Storage, (services, _) => new Forgetful(services.GetRequiredKeyedService<IGrainStorage>("kept"), victim));
        });
        return builder.Build();
    }

    /// <summary>Keeps what it is given, except that of one grain it drops everything after the second write, and says that it has it.</summary>
    private sealed class Forgetful(IGrainStorage kept, string? victim) : IGrainStorage
    {
        private int _writes;

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => kept.ReadStateAsync(stateName, grainId, grainState);

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            grainId.Key.ToString() == victim && Interlocked.Increment(ref _writes) > 2 ? Task.CompletedTask : kept.WriteStateAsync(stateName, grainId, grainState);

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => kept.ClearStateAsync(stateName, grainId, grainState);
    }
}
