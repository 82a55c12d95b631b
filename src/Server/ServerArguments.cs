using System.Globalization;
using Recs.Engine;
using Recs.Engine.Events;

namespace Recs.Server;

/// <summary>What the command line and the environment say. Immutable.</summary>
internal sealed record ServerArguments
{
    public const string DefaultUrl = "http://localhost:8080";

    public const string Help = """
        A live recommender: HTTP API, storefront and operator page over one data folder.

        Usage: Recs.Server [options]           dotnet run --project src/Server -- [options]

          --data DIR              Data folder; made when absent. Default ./data
          --urls URL[;URL]        Where to listen. Default http://localhost:8080 (or ASPNETCORE_URLS)
          --demo, --no-demo       Fill an empty data folder with a demo world, or leave it empty. Default --demo
          --seed N                Seed of the demo world and of everything drawn at random. Default 1

          --api-key-read KEY      A key that may read; may be given several times        (RECS_API_KEY_READ)
          --api-key-write KEY     A key that may also send events and items              (RECS_API_KEY_WRITE)
          --api-key-admin KEY     A key that may do everything                           (RECS_API_KEY_ADMIN)
          --allow-anonymous       Let everybody in beyond loopback, without keys
          --rate-limit N          Calls per second and client, 0 for none. Default 200 beyond loopback, none on it

          --flush POLICY          every-commit: an acknowledged event is on disk (default);
                                  every-second: it survives the process, a power cut may take the last second
          --retention AGE         Drop event-log segments older than this, such as 90d or 12h. Default: kept
          --disk-cap SIZE         Cap on the event log, such as 10GB; beyond it events are refused. Default: none

          --help                  This text

        Keys in the environment may hold several, with commas between. Metrics and traces go out by OTLP when
        OTEL_EXPORTER_OTLP_ENDPOINT is set.
        """;

    public string Data { get; init; } = "data";

    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    public bool Demo { get; init; } = true;

    public int Seed { get; init; } = 1;

    public IReadOnlyList<string> ReadKeys { get; init; } = [];

    public IReadOnlyList<string> WriteKeys { get; init; } = [];

    public IReadOnlyList<string> AdminKeys { get; init; } = [];

    public bool AllowAnonymous { get; init; }

    public int? RateLimit { get; init; }

    public FlushPolicy Flush { get; init; } = FlushPolicy.EveryCommit;

    public TimeSpan? Retention { get; init; }

    public long? DiskCapBytes { get; init; }

    public bool ShowHelp { get; init; }

    public bool HasKeys => ReadKeys.Count + WriteKeys.Count + AdminKeys.Count > 0;

    /// <summary>Reads arguments, then the environment for what they leave out; throws <see cref="RecommenderException"/> naming what is wrong.</summary>
    public static ServerArguments Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var result = new ServerArguments();
        if (environment("ASPNETCORE_URLS") is { Length: > 0 } urls)
            result = result with { Urls = UrlList("ASPNETCORE_URLS", urls) };
        for (var i = 0; i < args.Count; i++)
        {
            var (name, inline) = args[i].StartsWith("--", StringComparison.Ordinal) && args[i].IndexOf('=') is > 0 and var cut
                ? (args[i][..cut], args[i][(cut + 1)..])
                : (args[i], null);
            string Value() => inline ?? (++i < args.Count && !args[i].StartsWith("--", StringComparison.Ordinal)
                ? args[i]
                : throw new RecommenderException(RefusalKind.Invalid, $"{name} needs a value; see --help."));
            result = name switch
            {
                "--data" => result with { Data = Value() },
                "--urls" => result with { Urls = UrlList(name, Value()) },
                "--demo" => result with { Demo = true },
                "--no-demo" => result with { Demo = false },
                "--seed" => result with { Seed = Number(name, Value(), int.MinValue, int.MaxValue) },
                "--api-key-read" => result with { ReadKeys = [.. result.ReadKeys, Value()] },
                "--api-key-write" => result with { WriteKeys = [.. result.WriteKeys, Value()] },
                "--api-key-admin" => result with { AdminKeys = [.. result.AdminKeys, Value()] },
                "--allow-anonymous" => result with { AllowAnonymous = true },
                "--rate-limit" => result with { RateLimit = Number(name, Value(), 0, 1_000_000) },
                "--flush" => result with { Flush = FlushOf(Value()) },
                "--retention" => result with { Retention = Quantities.Age(name, Value()) },
                "--disk-cap" => result with { DiskCapBytes = Quantities.Bytes(name, Value()) },
                "--help" or "-h" or "-?" => result with { ShowHelp = true },
                _ => throw new RecommenderException(RefusalKind.Invalid, $"There is no option {args[i]}; --help lists them."),
            };
            if (inline is not null && name is "--demo" or "--no-demo" or "--allow-anonymous" or "--help")
                throw new RecommenderException(RefusalKind.Invalid, $"{name} takes no value.");
        }
        return result with
        {
            ReadKeys = Keys(result.ReadKeys, environment("RECS_API_KEY_READ")),
            WriteKeys = Keys(result.WriteKeys, environment("RECS_API_KEY_WRITE")),
            AdminKeys = Keys(result.AdminKeys, environment("RECS_API_KEY_ADMIN")),
        };
    }

    private static IReadOnlyList<string> Keys(IReadOnlyList<string> given, string? environment) =>
        given.Count > 0 || environment is null
            ? given
            : environment.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string[] UrlList(string name, string value)
    {
        var urls = value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var url in urls)
            if (!(url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
                || url.Length <= 8)
                throw RecommenderException.Invalid(name, url, $"http or https URLs with ';' between, such as {DefaultUrl}");
        return urls.Length > 0 ? urls : throw RecommenderException.Invalid(name, value, $"a URL, such as {DefaultUrl}");
    }

    private static int Number(string name, string value, int min, int max) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw RecommenderException.Invalid(name, value, $"a whole number, {min} to {max}");

    private static FlushPolicy FlushOf(string value) => value switch
    {
        "every-commit" => FlushPolicy.EveryCommit,
        "every-second" => FlushPolicy.EverySecond,
        _ => throw RecommenderException.Invalid("--flush", value, "every-commit or every-second"),
    };
}
