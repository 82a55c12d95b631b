using Recs.Cli;
using Recs.Cli.Output;
using Recs.Training;
using Recs.Training.Tests.Import;

namespace Recs.Cli.Tests;

/// <summary>The whole command line in this process, over a fake recommender, with what it printed.</summary>
internal sealed class CliRun
{
    public FakeRecommender Recommender { get; } = new();

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public string? OpenedFolder { get; private set; }

    public (Uri Server, string? Key)? OpenedServer { get; private set; }

    public TrainingOptions? Trained { get; private set; }

    /// <summary>What opening a data folder fails with.</summary>
    public Exception? OpenFailure { get; set; }

    public int Run(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var host = new CliHost
        {
            Terminal = new Terminal(output, error, outputIsTerminal: false, errorIsTerminal: false, colour: true),
            Time = TimeProvider.System,
            Environment = name => name == "RECS_API_KEY" ? "key-from-environment" : null,
            OpenData = (folder, _, _) =>
            {
                OpenedFolder = folder;
                return OpenFailure is null ? Task.FromResult<IRecommender>(Recommender) : Task.FromException<IRecommender>(OpenFailure);
            },
            OpenServer = (server, key, _) =>
            {
                OpenedServer = (server, key);
                return Recommender;
            },
            Train = (options, time, progress, _) =>
            {
                Trained = options;
                progress.Report(new TrainingProgress("factorisation", 1, "epoch 12 of 12"));
                return Task.FromResult(new ModelManifest
                {
                    Version = "20260101-000000-abcdef",
                    CreatedAt = time.GetUtcNow(),
                    DataFrom = time.GetUtcNow(),
                    DataTo = time.GetUtcNow(),
                    Events = 12_345,
                    Users = 7,
                    Items = 9,
                    NextOrdinal = 3,
                    Seed = options.Seed,
                    Hyperparameters = new Dictionary<string, double>(),
                    Metrics = new Dictionary<string, double> { ["ndcg@10"] = 0.31421 },
                    FeatureSchemaHash = "",
                    Files = new Dictionary<string, string>(),
                });
            },
        };
        var code = RecsCommand.RunAsync(args, host).GetAwaiter().GetResult();
        (Output, Error) = (output.ToString(), error.ToString());
        return code;
    }
}
