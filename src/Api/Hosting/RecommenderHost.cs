using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Recs.Engine.Embedded;

namespace Recs.Api.Hosting;

/// <summary>
/// Starts the one-process recommender in the background, so that the web server listens at once; calls that come
/// earlier are told to try again. A recommender that cannot start stops the application.
/// </summary>
public sealed partial class RecommenderHost(
    EmbeddedRecommender recommender, StartupProgress progress, IHostApplicationLifetime lifetime, ILogger<RecommenderHost> log)
    : IHostedService, IRecommenderAdmin
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when events and pages are served; fails with the reason when they never will be.</summary>
    public Task Started => _started.Task;

    public EmbeddedRecommender Recommender { get; } = recommender;

    public Task<string?> ReloadModelAsync(CancellationToken cancellationToken = default) =>
        Recommender.ReloadModelAsync(cancellationToken);

    /// <summary>Returns at once; see <see cref="Started"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            // The recommender is disposed next; not while it still starts.
            await Started.WaitAsync(cancellationToken);
        }
        catch (Exception)
        {
            // RunAsync has reported it.
        }
    }

    private async Task RunAsync()
    {
        progress.Report("recovering", 0);
        try
        {
            await Recommender.StartAsync(_stopping.Token);
            progress.Complete();
            _started.TrySetResult();
        }
        catch (Exception error)
        {
            _started.TrySetException(error);
            // Observed here; whoever awaits Started sees it too.
            _ = _started.Task.Exception;
            if (_stopping.IsCancellationRequested)
                return;
            progress.Fail(error.Message);
            LogFailure(log, error);
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The recommender cannot start")]
    private static partial void LogFailure(ILogger log, Exception error);
}
