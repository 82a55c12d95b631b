using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;
using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Ranking.Shadow;

/// <summary>A page as the shadow gets it: what was scored, and the scores that served.</summary>
internal sealed record ShadowJob(RankingRequest Request, float[] Scores, string RequestId, int Seed);

/// <summary>
/// Scores with a second model what the serving model scored, beside the pages: a page hands its candidates over when it
/// is done and never waits. One page is scored at a time; at most <see cref="QueueCap"/> wait, further ones are passed
/// over and counted. Features are assembled again, with the shadow's own user vector and factors, and with the item
/// counters as they are then. Thread-safe.
/// </summary>
/// <param name="settings">Which model looks on, and at how many pages.</param>
/// <param name="load">Loads a version; throws <see cref="InvalidDataException"/> or <see cref="IOException"/>.</param>
/// <param name="log">Where comparisons are written.</param>
/// <param name="assembler">Makes the rows.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where to report.</param>
internal sealed class ShadowScorer(
    ScoringBook settings, Func<string, RecommenderModel> load, ShadowLog log, FeatureAssembler assembler, RecommenderMetrics metrics, TimeProvider time,
    ILogger logger)
{
    public const int QueueCap = 64;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly Channel<ShadowJob> _queue = Channel.CreateBounded<ShadowJob>(new BoundedChannelOptions(QueueCap) { SingleReader = true });
    private readonly LocalScorer _scorer = new(assembler);
    private readonly Lock _counting = new();
    private int _draining;
    private Task _drain = Task.CompletedTask;
    private volatile RecommenderModel? _model;
    private string? _missing;
    private long _lookedAt;
    private ShadowFigures? _figures;

    /// <summary>Null when no model looks on.</summary>
    public ShadowFigures? Figures
    {
        get
        {
            lock (_counting)
                return settings.ShadowModel is { } version ? Of(version) : null;
        }
    }

    /// <summary>Ends when nothing waits any longer.</summary>
    internal Task Idle => Volatile.Read(ref _drain);

    /// <summary>Takes the page, or passes it over. Never blocks.</summary>
    /// <returns>True when it was taken: its candidates are read from now on.</returns>
    public bool Offer(ShadowJob job)
    {
        if (settings.Current.Shadow is not { } shadow || shadow.Model == job.Request.Model.Version)
        {
            // Promoted or dismissed: the slot has a copy of its own, or nobody wants one.
            _model = null;
            return false;
        }

        if ((uint)job.Seed > shadow.Share * uint.MaxValue)
            return false;
        if (!_queue.Writer.TryWrite(job))
        {
            metrics.ShadowDropped();
            lock (_counting)
            {
                var figures = Of(shadow.Model);
                _figures = figures with { Dropped = figures.Dropped + 1 };
            }

            return false;
        }

        if (Interlocked.Exchange(ref _draining, 1) == 0)
            Volatile.Write(ref _drain, Task.Run(Drain));
        return true;
    }

    private void Drain()
    {
        do
        {
            while (_queue.Reader.TryRead(out var job))
                Compare(job);
            Volatile.Write(ref _draining, 0);
        }
        while (_queue.Reader.TryPeek(out _) && Interlocked.Exchange(ref _draining, 1) == 0);
    }

    private void Compare(ShadowJob job)
    {
        if (settings.ShadowModel is not { } version)
        {
            _model = null;
            return;
        }

        try
        {
            if (ModelOf(version) is not { } model)
                return;
            var request = new RankingRequest
            {
                Session = job.Request.Session,
                Model = model,
                UserVector = FoldIn.Fold(job.Request.Session, model),
                Candidates = job.Request.Candidates,
                NowMs = job.Request.NowMs,
                Surface = job.Request.Surface,
                Objective = job.Request.Objective,
            };
            var scored = _scorer.ScoreAsync(request, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            scored.Release();
            Count(job, Comparison(job, model, scored.Scores));
        }
        catch (Exception e)
        {
            // Whatever a model's backend throws: the shadow must neither stop silently nor take anything with it.
            Refuse(version, e.Message);
        }
    }

    private ShadowComparison Comparison(ShadowJob job, RecommenderModel model, float[] shadow)
    {
        var candidates = job.Request.Candidates;
        var items = candidates.Items.AsSpan(0, candidates.Count);
        var (correlation, overlap, mean, deviation, served, shadowOrder) = ScoreDistance.Of(items, job.Scores.AsSpan(0, items.Length), shadow.AsSpan(0, items.Length));
        return new ShadowComparison(
            Minute(job.Request.NowMs), job.Request.Surface, job.Request.Model.Version,
            model.Version, items.Length, correlation, overlap, mean, deviation, Ids(served), Ids(shadowOrder));

        // To the minute: with the moment of a page, other logs could say whose it was.
        static DateTimeOffset Minute(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms - ms % 60_000);

        string[] Ids(int[] order) => [.. order.Take(ShadowComparison.Top).Select(c => assembler.Catalog.IdOf(candidates.Items[c]))];
    }

    private void Count(ShadowJob job, ShadowComparison comparison)
    {
        // First: a log that cannot be written is a problem until it can.
        log.Append(comparison);
        metrics.ShadowPage(comparison.RankCorrelation, comparison.TopOverlap, comparison.MeanShift);
        lock (_counting)
        {
            var before = Of(comparison.Shadow);
            _figures = ShadowFigures.Sum([before with { Problem = null }, before with
            {
                Pages = 1,
                Dropped = 0,
                RankCorrelation = comparison.RankCorrelation,
                TopOverlap = comparison.TopOverlap,
                MeanShift = comparison.MeanShift,
                Problem = null,
            }]);
        }

        logger.LogDebug("Shadow {Model} on page {RequestId}: rank correlation {Correlation:0.000}.", comparison.Shadow, job.RequestId, comparison.RankCorrelation);
    }

    /// <summary>The shadow, loaded when it became one; null where it does not load, which is looked at again later.</summary>
    private RecommenderModel? ModelOf(string version)
    {
        if (_model?.Version == version)
            return _model;
        if (_missing == version && time.GetElapsedTime(_lookedAt) < LookAgain)
            return null;
        (_missing, _lookedAt) = (version, time.GetTimestamp());
        _model = load(version);
        _missing = null;
        logger.LogInformation("Model {Version} looks on: it scores pages and does not serve.", version);
        return _model;
    }

    private void Refuse(string version, string problem)
    {
        lock (_counting)
        {
            var figures = Of(version);
            if (figures.Problem == problem)
                return;
            _figures = figures with { Problem = problem };
        }

        logger.LogError("Model {Version} cannot look on: {Problem}", version, problem);
    }

    // Called under the lock. Another shadow begins from nothing.
    private ShadowFigures Of(string version) =>
        _figures is { } figures && figures.Model == version ? figures : new ShadowFigures(version, 0, 0, 0, 0, 0, null);
}
