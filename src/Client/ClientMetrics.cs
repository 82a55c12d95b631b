using System.Diagnostics.Metrics;

namespace Recs.Client;

/// <summary>The OpenTelemetry instruments of meter <see cref="Name"/>. Thread-safe; no id ever becomes a label.</summary>
public sealed class ClientMetrics : IDisposable
{
    public const string Name = "Recs.Client";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fallbacks;

    public ClientMetrics()
    {
        _retries = _meter.CreateCounter<long>("recs.client.retries", "{call}", "Grain calls made again after a failure.");
        _fallbacks = _meter.CreateCounter<long>("recs.client.fallbacks", "{page}", "Pages asked of another grain because the first had not answered.");
    }

    internal void Retried() => _retries.Add(1);

    internal void FellBack() => _fallbacks.Add(1);

    public void Dispose() => _meter.Dispose();
}
