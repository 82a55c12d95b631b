using System.Diagnostics.Metrics;

namespace Recs.Silo.Hosting;

/// <summary>
/// Orleans's own counts of one silo since its start, for operators and for measuring what a page costs: messages to
/// other processes, messages within the silo, activations. Thread-safe.
/// </summary>
internal sealed class SiloCounters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();
    private long _remote;
    private long _created;
    private long _local;
    private long _active;

    public SiloCounters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Microsoft.Orleans" && instrument.Name is
                "orleans-messaging-sent-messages-size" or "orleans-catalog-activation-created" or "orleans-messaging-sent-local" or "orleans-catalog-activations")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Record(instrument, value));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument, value));
        _listener.Start();
    }

    public SiloCounts Read()
    {
        lock (_reading)
        {
            (_local, _active) = (0, 0);
            _listener.RecordObservableInstruments();
            return new SiloCounts(Interlocked.Read(ref _remote), _local, Interlocked.Read(ref _created), _active);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value)
    {
        switch (instrument.Name)
        {
            case "orleans-messaging-sent-messages-size":
                Interlocked.Increment(ref _remote);
                break;
            case "orleans-catalog-activation-created":
                Interlocked.Add(ref _created, value);
                break;
            case "orleans-messaging-sent-local":
                _local += value;
                break;
            default:
                _active += value;
                break;
        }
    }
}

/// <param name="RemoteMessages">Sent to other silos and clients.</param>
/// <param name="LocalMessages">Sent within the silo.</param>
/// <param name="ActivationsCreated">Grain activations made.</param>
/// <param name="Activations">Grain activations held now.</param>
internal sealed record SiloCounts(long RemoteMessages, long LocalMessages, long ActivationsCreated, long Activations);
