using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Recs.Engine.Monitoring;

/// <summary>
/// What a host measures: the OpenTelemetry instruments of meter <see cref="Name"/>, and the same over the last minute
/// for the operator page. Thread-safe; no user or item id ever becomes a label.
/// </summary>
public sealed class RecommenderMetrics : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Recs.Engine";

    /// <summary>Spans of pages and batches.</summary>
    public static readonly ActivitySource Activities = new(Name);

    /// <summary>Seconds. The collector's own bounds begin at five, above every deadline.</summary>
    private static readonly double[] StageBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    private static readonly double[] CorrelationBounds = [-0.5, 0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
    private static readonly double[] ShareBounds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
    private static readonly double[] ShiftBounds = [-5, -2, -1, -0.5, -0.2, -0.1, 0, 0.1, 0.2, 0.5, 1, 2, 5];

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _stageDuration;
    private readonly Counter<long> _events;
    private readonly Counter<long> _degraded;
    private readonly Counter<long> _impressionsLost;
    private readonly Counter<long> _shadowDropped;
    private readonly Histogram<double> _shadowCorrelation;
    private readonly Histogram<double> _shadowOverlap;
    private readonly Histogram<double> _shadowShift;
    private readonly ConcurrentDictionary<string, LatencyWindow> _stages = new();
    private readonly LatencyWindow _pages;
    private readonly LatencyWindow _degradedPages;
    private readonly LatencyWindow _acceptedEvents;
    private readonly SlidingCount _shown;
    private readonly SlidingCount _attributedClicks;

    public RecommenderMetrics(TimeProvider time)
    {
        _time = time;
        _meter = new Meter(Name);
        _stageDuration = _meter.CreateHistogram(
            "recs.stage.duration", "s", "Time of one stage of a page or of a batch.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = StageBounds });
        _events = _meter.CreateCounter<long>("recs.events", "{event}", "Accepted events.");
        _degraded = _meter.CreateCounter<long>("recs.degraded", "{page}", "Pages with a stage left out.");
        _impressionsLost = _meter.CreateCounter<long>("recs.impressions.lost", "{page}", "Impression records that could not be kept.");
        _shadowDropped = _meter.CreateCounter<long>("recs.shadow.dropped", "{page}", "Pages that the shadow model passed over to keep up.");
        _shadowCorrelation = Shadow("recs.shadow.rank_correlation", "Spearman's rho of the shadow model's order and the serving one's.", CorrelationBounds);
        _shadowOverlap = Shadow("recs.shadow.top_overlap", "Share of the first ten that both models have.", ShareBounds);
        _shadowShift = Shadow("recs.shadow.score_shift", "Mean of the shadow model's score less the serving one's.", ShiftBounds);
        _pages = new LatencyWindow(time);
        _degradedPages = new LatencyWindow(time);
        _acceptedEvents = new LatencyWindow(time);
        _shown = new SlidingCount(time);
        _attributedClicks = new SlidingCount(time);
    }

    private Histogram<double> Shadow(string name, string description, double[] bounds) => _meter.CreateHistogram(
        name, "1", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    /// <param name="stage">A name from a fixed, small set: it becomes a label.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Stage(string stage, TimeSpan elapsed)
    {
        if (!_stages.TryGetValue(stage, out var window))
            window = _stages.GetOrAdd(stage, _ => new LatencyWindow(_time));
        window.Record(elapsed);
        _stageDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));
    }

    /// <summary>An impression record that could not be kept.</summary>
    public void ImpressionLost() => _impressionsLost.Add(1);

    /// <summary>A page that the shadow model passed over.</summary>
    public void ShadowDropped() => _shadowDropped.Add(1);

    /// <summary>A page that the shadow model scored; its comparison.</summary>
    public void ShadowPage(double rankCorrelation, double topOverlap, double meanShift)
    {
        _shadowCorrelation.Record(rankCorrelation);
        _shadowOverlap.Record(topOverlap);
        _shadowShift.Record(meanShift);
    }

    public void Page(TimeSpan elapsed, int shown, IReadOnlyList<string> degraded)
    {
        Stage("page", elapsed);
        _pages.Record(elapsed);
        _shown.Add(shown);
        if (degraded.Count == 0)
            return;
        _degradedPages.Record(elapsed);
        foreach (var stage in degraded)
            _degraded.Add(1, new KeyValuePair<string, object?>("stage", stage));
    }

    public void Accepted(IReadOnlyList<LoggedEvent> events)
    {
        foreach (var e in events)
        {
            _acceptedEvents.Record(TimeSpan.Zero);
            if (e.Type == InteractionType.Click && e.RequestId is not null)
                _attributedClicks.Add(1);
        }

        _events.Add(events.Count);
    }

    public double PagesPerSecond => _pages.PerSecond();

    public double EventsPerSecond => _acceptedEvents.PerSecond();

    public double DegradedShare =>
        _pages.Summarize().Count is var pages and > 0 ? (double)_degradedPages.Summarize().Count / pages : 0;

    public double? ClickThroughRate =>
        _shown.Total() is var shown and > 0 ? (double)_attributedClicks.Total() / shown : null;

    public IReadOnlyDictionary<string, LatencySummary> Summaries() =>
        _stages.OrderBy(s => s.Key, StringComparer.Ordinal).ToDictionary(s => s.Key, s => s.Value.Summarize());

    public void Dispose() => _meter.Dispose();
}
