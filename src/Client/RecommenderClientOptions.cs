using System.ComponentModel.DataAnnotations;

namespace Recs.Client;

/// <summary>
/// How a process finds its cluster, and what its calls may cost. Of <see cref="Redis"/>, <see cref="GatewayPort"/> and
/// <see cref="Configure"/> at most one is given; without any it is the gateway of a silo alone on this machine.
/// </summary>
public sealed record RecommenderClientOptions
{
    /// <summary>The gateway port of a silo that is not told another one.</summary>
    public const int DefaultGatewayPort = 30_000;

    /// <summary>
    /// The Redis that the silos were given with <c>--redis</c>: HOST:PORT, then StackExchange.Redis settings with commas
    /// between. The gateways are read from it.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>Gateway port of a silo on this machine. 1 to 65,535.</summary>
    [Range(1, 65_535)]
    public int? GatewayPort { get; init; }

    /// <summary>Tells Orleans itself how to find the cluster, by any of its clustering providers.</summary>
    public Action<IClientBuilder>? Configure { get; init; }

    /// <summary>As the silos' <c>--cluster-id</c>. Default recs.</summary>
    [Required]
    public string ClusterId { get; init; } = "recs";

    /// <summary>As the silos' <c>--service-id</c>. Default recs.</summary>
    [Required]
    public string ServiceId { get; init; } = "recs";

    /// <summary>Pause between attempts to find the cluster, of which there is no end. Default 1 s, 10 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan ConnectRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the gateways are looked up, so that new silos are used. Default 10 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan GatewayRefresh { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for a grain's answer where no shorter one is set. Default 10 s, 100 ms to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of the <see cref="IRecommender"/>.</summary>
    public ClusterRecommenderOptions Calls { get; init; } = new() { Seed = Environment.ProcessId };

    /// <summary>Of the <see cref="IEventPublisher"/>.</summary>
    public EventPublisherOptions Publishing { get; init; } = new() { Seed = Environment.ProcessId };
}
