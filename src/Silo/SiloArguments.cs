using System.Net;
using Recs.Api.Hosting;
using Recs.Engine.Catalog;
using Recs.Engine.Retrieval.Vectors;
using Recs.Grains.Hosting;

namespace Recs.Silo;

/// <summary>What a silo's command line and environment say. Immutable.</summary>
internal sealed record SiloArguments
{
    public const string Help = $"""
        One silo of a recommender cluster, with the HTTP API, storefront and operator page beside the grains.

        Usage: Recs.Silo [options]             dotnet run --project src/Silo -- [options]

        Alone on one machine it keeps users in files below its data folder. With --redis it is one of many.

          --data DIR              Artifact store: catalogue, models, rules, logs; one folder that every silo of a
                                  cluster can reach. Made when absent. Default ./data
          --urls URL[;URL]        Where to listen for HTTP. Default {WebArguments.DefaultUrl} (or ASPNETCORE_URLS)
          --redis HOST:PORT[,..]  Be one of many: members, users and the event stream are in Redis; what follows the
                                  first comma are StackExchange.Redis settings                    (RECS_REDIS)
          --memory                Alone: keep users in memory only; they are lost when the silo stops
          --dashboard on|off      The Orleans dashboard at /dashboard, for the admin role. Default on

          --cluster-id ID         Silos of one id form one cluster. Default recs
          --service-id ID         Names the stored data; keep it for good. Default recs
          --advertised-ip IP      Address at which the other silos reach this one   (RECS_ADVERTISED_IP)
                                  Default: alone 127.0.0.1; with --redis this host's first IPv4 address
          --silo-port N           Port for the other silos. Default 11111
          --gateway-port N        Port for Orleans clients, 0 for none. Default 30000

          --log-partitions N      Partitions of the event log, fixed when the cluster is made. Default 4
          --shards N              Shards of each vector space, the same on every silo. Default 2
          --replicas N            Replicas of each shard, on different silos. Default 2
          --space NAME:DIM[:METRIC]  A named space that items may have vectors in, such as text:384:cosine; again
                                  for each, the same on every silo. METRIC is cosine (default), ip or l2
          --max-vectors SIZE      Cap on the vectors in named spaces, on every silo, such as 8GB. Default 2 GiB
          --idle-users AGE        A user without a call leaves memory after this long. Default 30m, 2m or more

          --probe-timeout AGE     A silo that does not answer a probe within this missed it. Default 1s
          --missed-probes N       Missed probes before a silo votes another one dead. Default 3
          --death-votes N         Votes that declare a silo dead, fewer while there are fewer silos. Default 2
          --drain AGE             On SIGTERM: not ready for this long before HTTP stops, then the silo. Default 5s
          --load-shedding N|off   Refuse Orleans clients above N percent of CPU. Default 95

        {WebArguments.Help}

          --help                  This text

        Keys in the environment may hold several, with commas between. Metrics and traces go out by OTLP when
        OTEL_EXPORTER_OTLP_ENDPOINT is set. Silo and gateway ports know no keys: keep them within a private network.
        """;

    /// <summary>Where it listens for HTTP, and who may call.</summary>
    public WebArguments Web { get; init; } = new();

    public string Data { get; init; } = "data";

    /// <summary>Settings of the connection to Redis; null for a silo on its own.</summary>
    public string? Redis { get; init; }

    public bool Memory { get; init; }

    public bool Dashboard { get; init; } = true;

    public string ClusterId { get; init; } = "recs";

    public string ServiceId { get; init; } = "recs";

    /// <summary>Null: loopback alone, this host's first IPv4 address in a cluster.</summary>
    public IPAddress? AdvertisedIp { get; init; }

    public int SiloPort { get; init; } = 11111;

    public int GatewayPort { get; init; } = 30000;

    public int LogPartitions { get; init; } = 4;

    public int Shards { get; init; } = 2;

    public int Replicas { get; init; } = 2;

    /// <summary>Named spaces to declare.</summary>
    public IReadOnlyList<VectorSpace> Spaces { get; init; } = [];

    /// <summary>Bytes of float vectors.</summary>
    public long MaxVectorBytes { get; init; } = ItemVectors.DefaultMaxBytes;

    public TimeSpan IdleUsers { get; init; } = TimeSpan.FromMinutes(30);

    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public int MissedProbes { get; init; } = 3;

    public int DeathVotes { get; init; } = 2;

    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Percent of CPU; null for no shedding.</summary>
    public int? LoadShedding { get; init; } = 95;

    public bool ShowHelp { get; init; }

    /// <summary>Reads arguments, then the environment for what they leave out; throws <see cref="RecommenderException"/> naming what is wrong.</summary>
    public static SiloArguments Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var result = new SiloArguments { Web = WebArguments.From(environment) };
        if (environment("RECS_REDIS") is { Length: > 0 } redis)
            result = result with { Redis = redis };
        if (environment("RECS_ADVERTISED_IP") is { Length: > 0 } ip)
            result = result with { AdvertisedIp = Address("RECS_ADVERTISED_IP", ip) };
        var line = new CommandLine(args);
        while (line.Next())
        {
            result = line.Name switch
            {
                "--data" => result with { Data = line.Value() },
                "--redis" => result with { Redis = line.Value() },
                "--memory" => result with { Memory = true },
                "--dashboard" => result with { Dashboard = line.OneOf(("on", true), ("off", false)) },
                "--cluster-id" => result with { ClusterId = line.Value() },
                "--service-id" => result with { ServiceId = line.Value() },
                "--advertised-ip" => result with { AdvertisedIp = Address(line.Name, line.Value()) },
                "--silo-port" => result with { SiloPort = line.Number(1, 65_535) },
                "--gateway-port" => result with { GatewayPort = line.Number(0, 65_535) },
                "--log-partitions" => result with { LogPartitions = line.Number(1, 1_000) },
                "--shards" => result with { Shards = line.Number(1, 1_024) },
                "--replicas" => result with { Replicas = line.Number(1, 8) },
                "--space" => result with { Spaces = [.. result.Spaces, SpaceRules.Parse(line.Value(), line.Name)] },
                "--max-vectors" => result with { MaxVectorBytes = Quantities.Bytes(line.Name, line.Value()) },
                "--idle-users" => result with { IdleUsers = Quantities.Age(line.Name, line.Value(), TimeSpan.FromMinutes(2)) },
                "--probe-timeout" => result with { ProbeTimeout = Quantities.Age(line.Name, line.Value(), TimeSpan.FromSeconds(1)) },
                "--missed-probes" => result with { MissedProbes = line.Number(1, 100) },
                "--death-votes" => result with { DeathVotes = line.Number(1, 100) },
                "--drain" => result with { Drain = Quantities.Age(line.Name, line.Value(), TimeSpan.Zero) },
                "--load-shedding" => result with { LoadShedding = Shedding(line.Name, line.Value()) },
                "--help" or "-h" or "-?" => result with { ShowHelp = true },
                _ => result.Web.Read(line) is { } web ? result with { Web = web } : throw line.Unknown(),
            };
        }

        SpaceRules.Check(result.Spaces);
        if (result is { Memory: true, Redis: not null })
            throw new RecommenderException(RefusalKind.Invalid, "--memory and --redis exclude each other: users are in one or the other.");
        return result with { Web = result.Web.WithKeysOf(environment) };
    }

    public RecommenderClusterOptions ToClusterOptions() => new()
    {
        ArtifactDirectory = Data,
        LogPartitions = LogPartitions,
        Shards = Shards,
        Replicas = Replicas,
        Spaces = Spaces,
        MaxVectorBytes = MaxVectorBytes,
        Seed = Environment.ProcessId,
    };

    private static IPAddress Address(string name, string value) =>
        IPAddress.TryParse(value, out var address) ? address : throw RecommenderException.Invalid(name, value, "an IP address, such as 10.0.0.7");

    private static int? Shedding(string name, string value)
    {
        if (value == "off")
            return null;
        return int.TryParse(value, out var percent) && percent is >= 1 and <= 100
            ? percent
            : throw RecommenderException.Invalid(name, value, "off, or a percentage of CPU, 1 to 100");
    }
}
