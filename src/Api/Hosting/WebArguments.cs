using Recs.Api.Security;

namespace Recs.Api.Hosting;

/// <summary>What every host's command line and environment say about its HTTP side. Immutable.</summary>
internal sealed record WebArguments
{
    public const string DefaultUrl = "http://localhost:8080";

    public const string Help = """
          --api-key-read KEY      A key that may read; may be given several times        (RECS_API_KEY_READ)
          --api-key-write KEY     A key that may also send events and items              (RECS_API_KEY_WRITE)
          --api-key-admin KEY     A key that may do everything                           (RECS_API_KEY_ADMIN)
          --allow-anonymous       Let everybody in beyond loopback, without keys
          --rate-limit N          Calls per second and client, 0 for none. Default 200 beyond loopback, none on it
        """;

    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    public IReadOnlyList<string> ReadKeys { get; init; } = [];

    public IReadOnlyList<string> WriteKeys { get; init; } = [];

    public IReadOnlyList<string> AdminKeys { get; init; } = [];

    public bool AllowAnonymous { get; init; }

    public int? RateLimit { get; init; }

    public bool HasKeys => ReadKeys.Count + WriteKeys.Count + AdminKeys.Count > 0;

    /// <summary>True when another machine could call.</summary>
    public bool IsExposed => Urls.Any(url => !Exposure.IsLoopback(url));

    /// <summary>These arguments with the line's current option; null when the option is none of them.</summary>
    public WebArguments? Read(CommandLine line) => line.Name switch
    {
        "--urls" => this with { Urls = UrlList(line.Name, line.Value()) },
        "--api-key-read" => this with { ReadKeys = [.. ReadKeys, line.Value()] },
        "--api-key-write" => this with { WriteKeys = [.. WriteKeys, line.Value()] },
        "--api-key-admin" => this with { AdminKeys = [.. AdminKeys, line.Value()] },
        "--allow-anonymous" => this with { AllowAnonymous = true },
        "--rate-limit" => this with { RateLimit = line.Number(0, 1_000_000) },
        _ => null,
    };

    /// <summary>Where the environment says to listen, when it says so.</summary>
    public static WebArguments From(Func<string, string?> environment) =>
        environment("ASPNETCORE_URLS") is { Length: > 0 } urls ? new WebArguments { Urls = UrlList("ASPNETCORE_URLS", urls) } : new WebArguments();

    /// <summary>Takes the keys that the command line leaves out from the environment.</summary>
    public WebArguments WithKeysOf(Func<string, string?> environment) => this with
    {
        ReadKeys = Keys(ReadKeys, environment("RECS_API_KEY_READ")),
        WriteKeys = Keys(WriteKeys, environment("RECS_API_KEY_WRITE")),
        AdminKeys = Keys(AdminKeys, environment("RECS_API_KEY_ADMIN")),
    };

    /// <exception cref="RecommenderException">Strangers could reach the host and nothing would stop them, or keys would protect nothing.</exception>
    public void RefuseOpenDoors()
    {
        if (IsExposed && !HasKeys && !AllowAnonymous)
            throw new RecommenderException(RefusalKind.Invalid,
                $"{string.Join(", ", Urls)} can be reached from other machines, so the server needs API keys: --api-key-admin KEY (and --api-key-write, --api-key-read), or RECS_API_KEY_ADMIN; a key is {RecommenderApiOptions.MinKeyLength} characters or more (openssl rand -hex 24 makes one). To let everybody in instead: --allow-anonymous.");
        if (HasKeys && AllowAnonymous)
            throw new RecommenderException(RefusalKind.Invalid, "--allow-anonymous and keys exclude each other: with both, the keys would protect nothing.");
    }

    public RecommenderApiOptions ToApiOptions() => new()
    {
        ReadKeys = ReadKeys,
        WriteKeys = WriteKeys,
        AdminKeys = AdminKeys,
        AllowAnonymous = AllowAnonymous && !HasKeys,
        RequestsPerSecond = RateLimit,
    };

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
}
