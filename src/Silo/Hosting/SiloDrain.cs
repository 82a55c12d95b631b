using Recs.Api.Hosting;
using Recs.Grains.Silo;

namespace Recs.Silo.Hosting;

/// <summary>
/// Says whether callers should come to this silo. When it is told to stop it is not ready first, for long enough that
/// load balancers notice; then HTTP stops, and the silo leaves the cluster last. Thread-safe.
/// </summary>
internal sealed class SiloDrain(SiloEngine engine, SiloArguments arguments, TimeProvider time) : IReadiness, IHostedLifecycleService
{
    private volatile bool _served;
    private volatile bool _draining;

    public bool IsDraining => _draining;

    /// <summary>True once the silo is a member; it comes before this among the host's services.</summary>
    public bool HasJoined { get; private set; }

    /// <inheritdoc/>
    public string? NotReady =>
        _draining ? "the silo is stopping"
        : engine.Ready.IsCompletedSuccessfully ? null
        : engine.Starting ?? "starting";

    /// <summary>Comes before any service is stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining = true;
        // Nobody was ever sent here when the start failed.
        if (_served)
            await Task.Delay(arguments.Drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        HasJoined = true;
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _served = true;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
