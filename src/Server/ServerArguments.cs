using Recs.Api.Hosting;
using Recs.Engine;
using Recs.Engine.Catalog;
using Recs.Engine.Events;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Server;

/// <summary>What the command line and the environment say. Immutable.</summary>
internal sealed record ServerArguments
{
    public const string Help = $"""
        A live recommender: HTTP API, storefront and operator page over one data folder.

        Usage: Recs.Server [options]           dotnet run --project src/Server -- [options]

          --data DIR              Data folder; made when absent. Default ./data
          --urls URL[;URL]        Where to listen. Default http://localhost:8080 (or ASPNETCORE_URLS)
          --demo, --no-demo       Fill an empty data folder with a demo world, or leave it empty. Default --demo
          --seed N                Seed of the demo world and of everything drawn at random. Default 1

        {WebArguments.Help}

          --flush POLICY          every-commit: an acknowledged event is on disk (default);
                                  every-second: it survives the process, a power cut may take the last second
          --space NAME:DIM[:METRIC]  A named space that items may have vectors in, such as text:384:cosine; again
                                  for each. METRIC is cosine (default), ip or l2. A declared space stays
          --max-vectors SIZE      Cap on the vectors in named spaces, such as 8GB. Default 2 GiB
          --retention AGE         Drop event-log segments older than this, such as 90d or 12h. Default: kept
          --disk-cap SIZE         Cap on the event log, such as 10GB; beyond it events are refused. Default: none

          --help                  This text

        Keys in the environment may hold several, with commas between. Metrics and traces go out by OTLP when
        OTEL_EXPORTER_OTLP_ENDPOINT is set.
        """;

    public string Data { get; init; } = "data";

    /// <summary>Where it listens, and who may call.</summary>
    public WebArguments Web { get; init; } = new();

    public bool Demo { get; init; } = true;

    public int Seed { get; init; } = 1;

    public FlushPolicy Flush { get; init; } = FlushPolicy.EveryCommit;

    /// <summary>Named spaces to declare.</summary>
    public IReadOnlyList<VectorSpace> Spaces { get; init; } = [];

    /// <summary>Bytes of float vectors.</summary>
    public long MaxVectorBytes { get; init; } = ItemVectors.DefaultMaxBytes;

    public TimeSpan? Retention { get; init; }

    public long? DiskCapBytes { get; init; }

    public bool ShowHelp { get; init; }

    /// <summary>Reads arguments, then the environment for what they leave out; throws <see cref="RecommenderException"/> naming what is wrong.</summary>
    public static ServerArguments Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var result = new ServerArguments { Web = WebArguments.From(environment) };
        var line = new CommandLine(args);
        while (line.Next())
        {
            result = line.Name switch
            {
                "--data" => result with { Data = line.Value() },
                "--demo" => result with { Demo = true },
                "--no-demo" => result with { Demo = false },
                "--seed" => result with { Seed = line.Number(int.MinValue, int.MaxValue) },
                "--flush" => result with { Flush = line.OneOf(("every-commit", FlushPolicy.EveryCommit), ("every-second", FlushPolicy.EverySecond)) },
                "--space" => result with { Spaces = [.. result.Spaces, SpaceRules.Parse(line.Value(), line.Name)] },
                "--max-vectors" => result with { MaxVectorBytes = Quantities.Bytes(line.Name, line.Value()) },
                "--retention" => result with { Retention = Quantities.Age(line.Name, line.Value()) },
                "--disk-cap" => result with { DiskCapBytes = Quantities.Bytes(line.Name, line.Value()) },
                "--help" or "-h" or "-?" => result with { ShowHelp = true },
                _ => result.Web.Read(line) is { } web ? result with { Web = web } : throw line.Unknown(),
            };
        }

        SpaceRules.Check(result.Spaces);
        return result with { Web = result.Web.WithKeysOf(environment) };
    }
}
