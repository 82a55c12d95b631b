using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Hosting;
using Recs.Engine.Embedded;

namespace Recs.Cluster.Tests.Processes;

/// <summary>
/// Three silos as processes of their own over one redis-server, and an Orleans client outside of them. Probes: one a second,
/// a silo is dead after three that it missed by two others' votes (the product's defaults). Everything is on loopback, in a
/// temporary folder, and gone afterwards; when something is wrong, <see cref="LastWords"/> has the ends of the logs.
/// </summary>
public sealed class ClusterProcesses : IAsyncLifetime
{
    public const int Silos = 3, Shards = 2, Replicas = 2;

    private const string Id = "recs";
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1), ResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly List<SiloProcess> _all = [];
    private readonly List<SiloProcess> _running = [];
    private RedisProcess? _redis;
    private IHost? _client;
    private int _named;

    public string Folder { get; } = Directory.CreateTempSubdirectory("recs-processes-").FullName;

    /// <summary>The artifact store.</summary>
    public string Artifacts => Path.Combine(Folder, "artifacts");

    /// <summary>The cluster from outside. Eight attempts outlast the declaration of a dead silo.</summary>
    public IRecommender Recommender { get; private set; } = null!;

    public IClusterClient Client => _client!.Services.GetRequiredService<IClusterClient>();

    public ClusterRecommenderOptions ClientOptions { get; } = new() { MaxAttempts = 8 };

    internal RedisProcess Redis => _redis!;

    /// <summary>Those that were started and neither killed nor stopped.</summary>
    internal IReadOnlyList<SiloProcess> Running => _running;

    public static void SkipWhereThereIsNone() =>
        Skip.IfNot(RedisProcess.IsInstalled(), "No redis-server is here: apt-get install redis-server.");

    public async Task InitializeAsync()
    {
        // Its tests say that they are skipped.
        if (!RedisProcess.IsInstalled())
            return;
        _redis = new RedisProcess(Path.Combine(Folder, "redis"), FreePorts.Take(1)[0]);
        await _redis.StartAsync();
        for (var i = 0; i < Silos; i++)
            StartSilo();
        await Task.WhenAll(_running.Select(silo => silo.ReadyAsync()));
        await ConnectAsync();
    }

    /// <summary>Another silo, on ports of its own. It is a member when <see cref="SiloProcess.ReadyAsync"/> completes.</summary>
    internal SiloProcess StartSilo()
    {
        var silo = SiloProcess.Start($"silo-{_named++}", Folder, _redis!.Address, []);
        _all.Add(silo);
        _running.Add(silo);
        return silo;
    }

    /// <summary>Takes a silo off the list: what happens to it now is on purpose.</summary>
    internal void GiveUp(SiloProcess silo) => _running.Remove(silo);

    /// <summary>The silos that have ended though nobody asked them to.</summary>
    internal IEnumerable<SiloProcess> Ended() => _running.Where(silo => silo.Process.HasExited);

    /// <summary>Status by silo port, as the membership table has it; empty while Redis does not answer.</summary>
    internal async Task<IReadOnlyDictionary<int, string>> MembersAsync() => MembershipTable.Read(await _redis!.HashAsync($"{Id}/members/{Id}"));

    /// <summary>The ends of all logs.</summary>
    public string LastWords() => string.Join('\n', _all.Select(silo => silo.Process.LastWords()).Append(_redis?.LastWords()));

    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        foreach (var silo in _all)
            await silo.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task ConnectAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            client.UseRedisClustering(_redis!.Address);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Id, Id));
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
            client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = ResponseTimeout);
        });
        _client = builder.Build();
        await _client.StartAsync();
        Recommender = new ClusterRecommender(Client, ClientOptions, TimeProvider.System, new ClientMetrics(), NullLogger<ClusterRecommender>.Instance);
    }
}
