using Recs.Engine.Monitoring;

namespace Recs.Engine.Pipeline;

internal enum Stage
{
    Session,
    Retrieve,
    Merge,
    Rank,
    Policy,
}

/// <summary>Where a page's time went, stage by stage in order.</summary>
internal struct StageClock
{
    private static readonly string[] Names = ["session", "retrieve", "merge", "rank", "policy"];

    private readonly TimeProvider _time;
    private readonly long _started;
    private long _last;
    private StageTimes _times;

    public StageClock(TimeProvider time, long started)
    {
        _time = time;
        _started = _last = started;
    }

    /// <summary>The stage has ended now.</summary>
    public void Mark(Stage stage)
    {
        var now = _time.GetTimestamp();
        _times[(int)stage] = _time.GetElapsedTime(_last, now);
        _last = now;
    }

    public readonly TimeSpan Total => _time.GetElapsedTime(_started, _last);

    public readonly PageTimings Timings() => new(
        Ms(Stage.Session), Ms(Stage.Retrieve), Ms(Stage.Merge), Ms(Stage.Rank), Ms(Stage.Policy),
        Math.Round(Total.TotalMilliseconds, 3));

    public readonly void Report(RecommenderMetrics metrics)
    {
        for (var i = 0; i < Names.Length; i++)
            metrics.Stage(Names[i], _times[i]);
    }

    private readonly double Ms(Stage stage) => Math.Round(_times[(int)stage].TotalMilliseconds, 3);

    [System.Runtime.CompilerServices.InlineArray(5)]
    private struct StageTimes
    {
        private TimeSpan _first;
    }
}
