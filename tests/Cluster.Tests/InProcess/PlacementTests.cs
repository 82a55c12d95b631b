using Recs.Grains;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>Where the shards of a cluster are that began as one silo and grew.</summary>
public sealed class PlacementTests : IAsyncLifetime
{
    private readonly TestClusterHost _host = new() { Silos = 1 };

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    /// <summary>Also before there is any model: what waits for the first one would wait for ever.</summary>
    [Fact]
    public async Task Replicas_of_a_shard_come_to_be_on_different_silos()
    {
        for (var shard = 0; shard < 2; shard++)
            Assert.Equal(await SiloOf(shard, 0), await SiloOf(shard, 1));
        await _host.Cluster.StartAdditionalSiloAsync();
        await _host.Cluster.StartAdditionalSiloAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (var shard = 0; shard < 2; shard++)
        {
            while (await SiloOf(shard, 0) == await SiloOf(shard, 1))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    private async Task<string> SiloOf(int shard, int replica) =>
        (await _host.Client.GetGrain<IIndexShardGrain>($"{ClusterNames.Behaviour}/{shard}/{replica}").PingAsync()).Silo;
}
