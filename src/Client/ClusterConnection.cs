namespace Recs.Client;

/// <summary>
/// Whether this process's Orleans client has found its cluster. Later losses of the connection are Orleans's own affair,
/// and a matter of each call. Thread-safe.
/// </summary>
public sealed class ClusterConnection
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _missing = "the client has not been started";

    /// <summary>True from the first success until the client is stopped.</summary>
    public bool IsConnected => _missing is null;

    /// <summary>Completes when the cluster is found for the first time.</summary>
    public Task WaitAsync(CancellationToken cancellationToken = default) => _connected.Task.WaitAsync(cancellationToken);

    /// <param name="missing">Why there is no connection, in a few words.</param>
    internal void Report(string missing) => _missing = missing;

    internal void Open()
    {
        _missing = null;
        _connected.TrySetResult();
    }

    /// <exception cref="RecommenderException">NotReady, with a time to try again: there is no connection.</exception>
    internal void Check()
    {
        // Orleans itself would not say so: a call before the first connection fails by accident or waits for its timeout.
        if (_missing is { } missing)
            throw new RecommenderException(RefusalKind.NotReady, $"The cluster is not connected: {missing}.") { RetryAfter = RetryAfter };
    }
}
