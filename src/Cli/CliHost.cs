using Microsoft.Extensions.Logging.Abstractions;
using Recs.Cli.Http;
using Recs.Cli.Output;
using Recs.Engine.Embedded;
using Recs.Training;

namespace Recs.Cli;

/// <summary>What the commands need of the world around them; tests put their own in.</summary>
internal sealed class CliHost
{
    public required Terminal Terminal { get; init; }

    public required TimeProvider Time { get; init; }

    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Opens a data folder for writing, and starts.</summary>
    public Func<string, TimeProvider, CancellationToken, Task<IRecommender>> OpenData { get; init; } = OpenEmbeddedAsync;

    /// <summary>Reaches a server.</summary>
    public Func<Uri, string?, TimeProvider, IRecommender> OpenServer { get; init; } =
        static (server, key, time) => new HttpRecommender(new HttpClient(), server, key, time);

    public Func<TrainingOptions, TimeProvider, IProgress<TrainingProgress>, CancellationToken, Task<ModelManifest>> Train { get; init; } =
        static (options, time, progress, cancel) => Trainer.TrainAsync(options, time, progress, cancel);

    public static CliHost ForThisProcess() => new() { Terminal = Terminal.ForThisProcess(), Time = TimeProvider.System };

    private static async Task<IRecommender> OpenEmbeddedAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        var recommender = new EmbeddedRecommender(PageSettings.OptionsOf(folder), time, NullLoggerFactory.Instance);
        try
        {
            await recommender.StartAsync(cancellationToken).ConfigureAwait(false);
            return recommender;
        }
        catch
        {
            await recommender.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
