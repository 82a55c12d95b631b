using System.Diagnostics.Metrics;
using Recs.Grains.Streams;

namespace Recs.Grains.Silo;

/// <summary>
/// What waits on one silo, as OpenTelemetry instruments of meter <see cref="Name"/>: the queues whose caps refuse events.
/// No user or item id ever becomes a label.
/// </summary>
internal sealed class SiloMetrics(SiloEngine engine, OutboxDrain drain, StreamBacklog backlog, ParkedEvents parked)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public const string Name = "Recs.Silo";

    private Meter? _meter;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(SiloMetrics), ServiceLifecycleStage.Active, Begin, End);

    private Task Begin(CancellationToken cancellationToken)
    {
        _meter = new Meter(Name);
        _meter.CreateObservableGauge("recs.outbox.pending", () => drain.PendingFrames, "{batch}", "Batches of events that wait for the event log.");
        _meter.CreateObservableGauge("recs.stream.backlog", () => backlog.Backlog, "{event}", "Entries of the whole event stream that are stored and not delivered, as this silo last saw it.");
        _meter.CreateObservableCounter("recs.events.parked", () => parked.Count, "{event}", "Published events that no user could take.");
        _meter.CreateObservableGauge("recs.users.active", () => engine.ActiveUsers, "{user}", "Users whose grains are active on this silo.");
        return Task.CompletedTask;
    }

    private Task End(CancellationToken cancellationToken)
    {
        _meter?.Dispose();
        return Task.CompletedTask;
    }
}
