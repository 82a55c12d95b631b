namespace Recs.Grains.Silo;

/// <summary>
/// Tells whether this process has just stood still: stopped, starved or moved to another machine. What reached it before
/// lies in its buffers still, and those who sent it have long tried elsewhere; taken now, it could count a second time,
/// after more events than a user's window of event ids holds. So nothing is taken in for a moment after. Thread-safe.
/// </summary>
internal sealed class SiloPulse : IDisposable
{
    /// <summary>Standing still for less is what event ids are for.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>For as long nothing is taken in.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _last;
    private long _doubtfulUntil;

    public SiloPulse(TimeProvider time)
    {
        _time = time;
        _last = _doubtfulUntil = time.GetTimestamp();
        _timer = time.CreateTimer(static pulse => ((SiloPulse)pulse!).Look(), this, Beat, Beat);
    }

    /// <exception cref="RecommenderException">It stood still a moment ago (Overloaded): try again, here or elsewhere.</exception>
    public void Check()
    {
        // Here as well as on the beat: a call may come before it.
        if (Look() < Interlocked.Read(ref _doubtfulUntil))
        {
            throw new RecommenderException(RefusalKind.Overloaded, $"The silo stood still for more than {Longest.TotalSeconds:0} s and takes nothing in for {Settling.TotalSeconds:0} s.")
            {
                RetryAfter = Settling,
            };
        }
    }

    public void Dispose() => _timer.Dispose();

    private long Look()
    {
        var now = _time.GetTimestamp();
        // The doubt first: whoever sees the new beat must see it as well.
        if (_time.GetElapsedTime(Interlocked.Read(ref _last), now) > Longest)
            Interlocked.Exchange(ref _doubtfulUntil, now + (long)(Settling.TotalSeconds * _time.TimestampFrequency));
        Interlocked.Exchange(ref _last, now);
        return now;
    }
}
