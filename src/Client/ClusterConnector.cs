using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Recs.Client;

/// <summary>
/// Connects the Orleans client in the background, for as long as that takes, and closes it after every other service has
/// stopped, the publisher's queue before it.
/// </summary>
internal sealed class ClusterConnector(
    IClusterClient client, EventPublisher publisher, ClusterConnection connection, RecommenderClientOptions options, TimeProvider time, ILogger<ClusterConnector> logger)
    : IHostedLifecycleService, IClientConnectionRetryFilter, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _connecting = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        connection.Report("connecting");
        _connecting = Task.Run(ConnectAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Orleans's question after each failure: the answer is to go on.</summary>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        connection.Report(exception.Message.TrimEnd('.'));
        logger.LogWarning("The cluster is not connected yet: {Problem}", exception.Message);
        await Task.Delay(options.ConnectRetryDelay, time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await publisher.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!connection.IsConnected)
            return;
        connection.Report("the client is stopped");
        await ((IHostedService)client).StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private async Task ConnectAsync()
    {
        try
        {
            await ((IHostedService)client).StartAsync(_stop.Token).ConfigureAwait(false);
            connection.Open();
            logger.LogInformation("The cluster is connected");
        }
        catch (Exception e) when (_stop.IsCancellationRequested)
        {
            logger.LogDebug("Stopped before the cluster was connected: {Problem}", e.Message);
        }
        catch (Exception e)
        {
            // Only what is beyond the connection itself comes here; a second start is more than Orleans allows.
            connection.Report($"the client could not start: {e.Message.TrimEnd('.')}");
            logger.LogCritical(e, "The Orleans client could not start; this process must be restarted");
        }
    }
}
