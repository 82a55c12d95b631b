using System.CommandLine;
using System.CommandLine.Parsing;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Cli.Commands;

/// <summary>Where a command works: a data folder, which it locks meanwhile, or a running server.</summary>
internal sealed class TargetOptions
{
    public Option<string> Data { get; } = new("--data", "-d")
    {
        Description = "The data folder; no other process may have it open.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    private readonly Option<string> _server = new("--server", "-s")
    {
        Description = "Work through a running server instead.",
        HelpName = "URL",
    };

    private readonly Option<string> _apiKey = new("--api-key")
    {
        Description = "Key for the server; RECS_API_KEY when absent.",
        HelpName = "KEY",
    };

    public TargetOptions(Command command)
    {
        command.Add(Data);
        command.Add(_server);
        command.Add(_apiKey);
        _server.Validators.Add(result =>
        {
            if (!TryServer(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--server was '{result.GetValueOrDefault<string>()}'; legal is an http or https address.");
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(_server) is not null && result.GetResult(Data) is { Implicit: false })
                result.AddError("--data and --server exclude each other: a folder or a server that has one.");
        });
    }

    public string DataOf(ParseResult parsed) => parsed.GetValue(Data)!;

    /// <summary>What a message calls the target.</summary>
    public string NameOf(ParseResult parsed) => parsed.GetValue(_server) ?? DataOf(parsed);

    public bool IsServer(ParseResult parsed) => parsed.GetValue(_server) is not null;

    /// <summary>Declares named spaces in the data folder, which is made where there is none; a server declares its own.</summary>
    public void Declare(ParseResult parsed, CliHost host, IReadOnlyList<VectorSpace> spaces)
    {
        if (IsServer(parsed))
            throw new RecommenderException(RefusalKind.Invalid, "--space goes with --data: a server is told of its spaces when it starts, by its own --space.");
        using var folder = DataFolder.Lock(DataOf(parsed), host.Time);
        SpaceFile.Declare(folder.Root, spaces);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="host">Opens it.</param>
    /// <param name="create">Whether a data folder is made where there is none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Target> OpenAsync(ParseResult parsed, CliHost host, bool create, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_server) is { } text && TryServer(text, out var server))
            return new Target(host.OpenServer(server, parsed.GetValue(_apiKey) ?? host.Environment("RECS_API_KEY"), host.Time));
        var folder = DataOf(parsed);
        if (!create)
            RequireFolder(folder);
        try
        {
            return new Target(await host.OpenData(folder, host.Time, cancellationToken).ConfigureAwait(false));
        }
        catch (RecommenderException e) when (e.Kind == RefusalKind.Conflict)
        {
            throw new RecommenderException(e.Kind, e.Message + " If that is a server, work through it with --server URL.", e);
        }
    }

    public static void RequireFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new RecommenderException(RefusalKind.NotFound, $"There is no data folder '{folder}'; name one with --data.");
    }

    private static bool TryServer(string? text, out Uri server) =>
        Uri.TryCreate(text, UriKind.Absolute, out server!) && (server.Scheme == Uri.UriSchemeHttp || server.Scheme == Uri.UriSchemeHttps);
}

/// <summary>An opened recommender, closed again at the end.</summary>
internal sealed class Target(IRecommender recommender) : IAsyncDisposable
{
    public IRecommender Recommender { get; } = recommender;

    public async ValueTask DisposeAsync()
    {
        if (Recommender is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        else if (Recommender is IDisposable disposable)
            disposable.Dispose();
    }
}
