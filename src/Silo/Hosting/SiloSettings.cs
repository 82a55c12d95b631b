using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.Streams;
using Recs.Grains.Hosting;
using Recs.Grains.Storage;
using Recs.Silo.Redis;

namespace Recs.Silo.Hosting;

/// <summary>What the arguments mean to Orleans.</summary>
internal static class SiloSettings
{
    /// <summary>Longest wait for a grain's answer where nobody set a shorter one.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    public static ISiloBuilder Use(this ISiloBuilder silo, SiloArguments arguments)
    {
        silo.UseRecommender(arguments.ToClusterOptions());
        silo.AddActivityPropagation();
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (arguments.ClusterId, arguments.ServiceId));
        silo.Configure<SiloMessagingOptions>(messages => messages.ResponseTimeout = ResponseTimeout);
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = arguments.IdleUsers;
            collection.CollectionQuantum = TimeSpan.FromTicks(Math.Min(TimeSpan.FromMinutes(1).Ticks, arguments.IdleUsers.Ticks / 2));
        });
        silo.Configure<LoadSheddingOptions>(shedding =>
        {
            shedding.LoadSheddingEnabled = arguments.LoadShedding is not null;
            shedding.CpuThreshold = arguments.LoadShedding ?? shedding.CpuThreshold;
        });
        silo.Configure<ClusterMembershipOptions>(membership => Configure(membership, arguments));
        if (arguments.Dashboard)
            silo.AddDashboard(dashboard => dashboard.CounterUpdateIntervalMs = 2_000);
        return arguments.Redis is { } redis ? silo.UseOneOfMany(arguments, redis) : silo.UseAlone(arguments);
    }

    // A silo that was killed is declared dead after about MissedProbes × ProbeTimeout, and the others read it at once by
    // gossip; the table is read again every few seconds in case the gossip was lost.
    private static void Configure(ClusterMembershipOptions membership, SiloArguments arguments)
    {
        membership.ProbeTimeout = arguments.ProbeTimeout;
        membership.NumMissedProbesLimit = arguments.MissedProbes;
        membership.NumVotesForDeathDeclaration = arguments.DeathVotes;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
    }

    private static ISiloBuilder UseAlone(this ISiloBuilder silo, SiloArguments arguments)
    {
        silo.UseLocalhostClustering(arguments.SiloPort, arguments.GatewayPort, primarySiloEndpoint: null, arguments.ServiceId, arguments.ClusterId);
        silo.AddMemoryStreams(ClusterNames.Streams, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));
        if (arguments.Memory)
            return silo.AddMemoryGrainStorage(ClusterNames.Storage);
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            ClusterNames.Storage,
            (services, _) => FileGrainStorage.Open(
                Path.Combine(arguments.Data, "silo"), new BlobSerializer(services.GetRequiredService<Serializer>()), services.GetRequiredService<ILogger<FileGrainStorage>>()));
        return silo;
    }

    private static ISiloBuilder UseOneOfMany(this ISiloBuilder silo, SiloArguments arguments, string redis)
    {
        silo.ConfigureEndpoints(arguments.AdvertisedIp ?? OwnAddress(), arguments.SiloPort, arguments.GatewayPort);
        return silo.UseRedis(RedisSettings.Parse(redis));
    }

    /// <summary>The first IPv4 address that is not loopback.</summary>
    /// <exception cref="RecommenderException">There is none.</exception>
    private static IPAddress OwnAddress()
    {
        foreach (var network in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (network.OperationalStatus != OperationalStatus.Up || network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
                continue;
            foreach (var address in network.GetIPProperties().UnicastAddresses)
            {
                if (address.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address.Address))
                    return address.Address;
            }
        }

        throw new RecommenderException(RefusalKind.Invalid, "This host has no IPv4 address beside loopback: say with --advertised-ip where the other silos reach it.");
    }
}
