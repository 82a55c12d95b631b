using System.Diagnostics.Metrics;

namespace Recs.Client;

/// <summary>The OpenTelemetry instruments of meter <see cref="Name"/>. Thread-safe; no id ever becomes a label.</summary>
public sealed class ClientMetrics : IDisposable
{
    public const string Name = "Recs.Client";

    /// <summary>Seconds. A collector's own bounds begin at five.</summary>
    private static readonly double[] PublishBounds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60];

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _published;
    private readonly UpDownCounter<long> _queued;
    private readonly Histogram<int> _batches;
    private readonly Histogram<double> _publishing;

    public ClientMetrics()
    {
        _retries = _meter.CreateCounter<long>("recs.client.retries", "{call}", "Grain calls made again after a failure.");
        _fallbacks = _meter.CreateCounter<long>("recs.client.fallbacks", "{page}", "Pages asked of another grain because the first had not answered.");
        _published = _meter.CreateCounter<long>("recs.client.published", "{event}", "Events whose publishing ended, by outcome: stored, refused, lost.");
        _queued = _meter.CreateUpDownCounter<long>("recs.client.publish.queue", "{event}", "Events that wait to be sent.");
        _batches = _meter.CreateHistogram<int>("recs.client.publish.batch", "{event}", "Events of one batch.");
        _publishing = _meter.CreateHistogram(
            "recs.client.publish.duration", "s", "From an event's coming to its being stored.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = PublishBounds });
    }

    /// <summary>This instance's own meter: others in the process have the same name.</summary>
    internal Meter Meter => _meter;

    internal void Retried() => _retries.Add(1);

    internal void FellBack() => _fallbacks.Add(1);

    internal void Queued(int events) => _queued.Add(events);

    internal void Sending(int events) => _batches.Record(events);

    internal void Stored(TimeSpan took)
    {
        _published.Add(1, new KeyValuePair<string, object?>("outcome", "stored"));
        _publishing.Record(took.TotalSeconds);
    }

    /// <param name="nothingStored">False when nobody can say.</param>
    internal void NotStored(bool nothingStored) =>
        _published.Add(1, new KeyValuePair<string, object?>("outcome", nothingStored ? "refused" : "lost"));

    public void Dispose() => _meter.Dispose();
}
