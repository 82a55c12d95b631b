using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Hosting;
using Recs.Conformance;
using Recs.Engine.Embedded;

namespace Recs.Cluster.Tests.Processes;

/// <summary>
/// Three silos as processes of their own over one redis-server, and an Orleans client outside of them. Probes: one a second,
/// a silo is dead after five that it missed by two others' votes (the product's default is three: a build agent may keep a
/// healthy silo waiting longer). Everything is on loopback, in a temporary folder, and gone afterwards; when something is
/// wrong, <see cref="LastWords"/> has the ends of the logs.
/// </summary>
public sealed class ClusterProcesses : IAsyncLifetime
{
    public const int Silos = 3, Shards = 2, Replicas = 2;

    private const string Id = "recs";
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1), ResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly List<SiloProcess> _all = [];
    private readonly List<SiloProcess> _running = [];
    private readonly Dictionary<SiloProcess, IHost> _doors = [];
    private readonly List<Task> _closed = [];
    private RedisProcess? _redis;
    private IHost? _client;
    private int _named;

    public string Folder { get; } = Directory.CreateTempSubdirectory("recs-processes-").FullName;

    /// <summary>The artifact store.</summary>
    public string Artifacts => Path.Combine(Folder, "artifacts");

    /// <summary>
    /// The cluster from outside. Eight attempts outlast the declaration of a dead silo. The grace is for a machine that stands
    /// still for a second or two: what is judged is that a page comes, and the figures say how many were late.
    /// </summary>
    public IRecommender Recommender { get; private set; } = null!;

    public IClusterClient Client => _client!.Services.GetRequiredService<IClusterClient>();

    public ClusterRecommenderOptions ClientOptions { get; } = new() { MaxAttempts = 8, Grace = TimeSpan.FromSeconds(2) };

    /// <summary>For each silo that nothing was done to, a client that goes in by its gateway and no other.</summary>
    internal IReadOnlyList<IGrainFactory> Doors
    {
        get
        {
            lock (_all)
                return [.. _doors.Values.Select(door => door.Services.GetRequiredService<IClusterClient>())];
        }
    }

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
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => StartSiloAsync()));
        await ConnectAsync();
    }

    /// <summary>
    /// Another silo, on ports of its own; completes when it is ready. One that ends itself, because it was kept from running
    /// for so long that the others declared it dead, is started again, twice at most.
    /// </summary>
    internal async Task<SiloProcess> StartSiloAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            var silo = SiloProcess.Start($"silo-{Interlocked.Increment(ref _named) - 1}", Folder, _redis!.Address, ["--probe-timeout", "1s", "--missed-probes", "5", .. RecommenderConformance.Spaces.SelectMany(space => new[] { "--space", SpaceRules.TextOf(space) })]);
            lock (_all)
            {
                _all.Add(silo);
                _running.Add(silo);
            }

            try
            {
                await silo.ReadyAsync();
                var door = await ConnectAsync(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, silo.GatewayPort)));
                lock (_all)
                    _doors.Add(silo, door);
                return silo;
            }
            catch (InvalidOperationException) when (silo.Process.HasExited && attempt < 2)
            {
                GiveUp(silo);
            }
        }
    }

    /// <summary>Takes a silo off the list: what happens to it now is on purpose.</summary>
    internal void GiveUp(SiloProcess silo)
    {
        lock (_all)
        {
            _running.Remove(silo);
            if (_doors.Remove(silo, out var door))
                _closed.Add(CloseAsync(door));
        }
    }

    /// <summary>The silos that have ended though nobody asked them to.</summary>
    internal IEnumerable<SiloProcess> EndedAlone() => _running.Where(silo => silo.Process.HasExited);

    /// <summary>Status by silo port, as the membership table has it; empty while Redis does not answer.</summary>
    internal async Task<IReadOnlyDictionary<int, string>> MembersAsync() => MembershipTable.Read(await _redis!.HashAsync($"{Id}/members/{Id}"));

    /// <summary>The ends of all logs.</summary>
    public string LastWords() => string.Join('\n', _all.Select(silo => silo.Process.LastWords()).Append(_redis?.LastWords()));

    public async Task DisposeAsync()
    {
        if (_client is not null)
            _closed.Add(CloseAsync(_client));
        _closed.AddRange(_doors.Values.Select(CloseAsync));
        await Task.WhenAll(_closed);
        foreach (var silo in _all)
            await silo.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task ConnectAsync()
    {
        _client = await ConnectAsync(client =>
        {
            client.UseRedisClustering(_redis!.Address);
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
        });
        Recommender = new ClusterRecommender(Client, ClientOptions, TimeProvider.System, new ClientMetrics(), NullLogger<ClusterRecommender>.Instance);
    }

    private static async Task<IHost> ConnectAsync(Action<IClientBuilder> way)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            way(client);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Id, Id));
            client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = ResponseTimeout);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    // A gateway that is gone or frozen cannot be said goodbye to.
    private static async Task CloseAsync(IHost client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await client.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        client.Dispose();
    }
}
