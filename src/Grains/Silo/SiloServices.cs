using Recs.Grains.Streams;

namespace Recs.Grains.Silo;

/// <summary>
/// Starts and stops what one silo runs beside its grains. The artifact store is read before the silo takes grains; when
/// it is a member, it catches up with the cluster, and only then serves users.
/// </summary>
internal sealed class SiloServices(
    SiloEngine engine, CatalogReplica catalog, OutboxDrain drain, ImpressionSender impressions, CounterFollower counters,
    ClusterKeeper keeper, StreamBacklog backlog, SiloPulse pulse) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan WarmUpPatience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private Task _joining = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(SiloServices) + ".Load", ServiceLifecycleStage.RuntimeStorageServices, LoadAsync);
        lifecycle.Subscribe(nameof(SiloServices), ServiceLifecycleStage.Active, JoinAsync, LeaveAsync);
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        engine.Starting = "reading the catalogue";
        await Task.Run(
            () =>
            {
                catalog.LoadFolder();
                engine.Rules.Refresh();
                engine.Scoring.Refresh();
            },
            cancellationToken);
        engine.Starting = "loading the model";
        await engine.Models.ReloadAsync(cancellationToken);
        drain.Start();
        impressions.Start();
        pulse.Start();
    }

    private Task JoinAsync(CancellationToken cancellationToken)
    {
        // The silo is active, and users' calls wait for this; it does not hold up the lifecycle, because the grains that
        // it asks may be placed on silos that are starting just like this one.
        _joining = Task.Run(CatchUpAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task CatchUpAsync()
    {
        engine.Starting = "catching up with the cluster";
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await catalog.CatchUpAsync();
                engine.Starting = "warming up";
                await WarmUpAsync();
                engine.Starting = null;
                engine.SetReady();
                counters.Start();
                keeper.Start();
                backlog.Start();
                return;
            }
            catch (Exception e)
            {
                engine.Starting = $"catching up with the cluster: {e.Message}";
                engine.Logger.LogWarning("The silo has not caught up yet: {Problem}", e.Message);
                await Task.Delay(Pause, engine.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // So that the first person does not wait for the compiler. Not at any price: other silos may be on their way too.
    private async Task WarmUpAsync() =>
        await engine.Pipeline.WarmUpAsync(() => engine.Models.Current, _stopping.Token)
            .WaitAsync(WarmUpPatience, engine.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // Before the grains leave: their outboxes are sent while there is a log to take them.
    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _joining;
        await keeper.StopAsync();
        await backlog.StopAsync();
        await counters.StopAsync();
        await impressions.StopAsync();
        await drain.FlushAsync(TimeSpan.FromSeconds(5));
        await drain.StopAsync();
    }
}
