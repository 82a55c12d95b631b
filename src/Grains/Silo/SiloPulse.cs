namespace Recs.Grains.Silo;

/// <summary>
/// Tells whether this process has just stood still: stopped, or starved of the processor. What was published to it before lies
/// in its buffers still, and those who sent it have long tried elsewhere; written to the stream now, it could count a second
/// time, after more events than a user's window of event ids holds. So nothing is taken in for a moment after. Thread-safe.
/// </summary>
internal sealed class SiloPulse(TimeProvider time) : IDisposable
{
    /// <summary>Who sent something has not given up before; and standing still for less is what event ids are for.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>For as long nothing is taken in.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private ITimer? _timer;
    private long _last;
    private long _doubtfulUntil = long.MinValue;

    /// <summary>From here on it is known when the process stands still.</summary>
    public void Start()
    {
        Interlocked.Exchange(ref _last, time.GetTimestamp());
        _timer = time.CreateTimer(static pulse => ((SiloPulse)pulse!).Look(), this, Beat, Beat);
    }

    /// <exception cref="RecommenderException">It stood still a moment ago (Overloaded): try again, here or elsewhere.</exception>
    public void Check()
    {
        // Here as well as on the beat: a call may come before it.
        if (_timer is not null && Look() < Interlocked.Read(ref _doubtfulUntil))
        {
            throw new RecommenderException(RefusalKind.Overloaded, $"The silo stood still for more than {Longest.TotalSeconds:0} s and takes nothing in for {Settling.TotalSeconds:0} s.")
            {
                RetryAfter = Settling,
            };
        }
    }

    public void Dispose() => _timer?.Dispose();

    private long Look()
    {
        var now = time.GetTimestamp();
        // The doubt first: whoever sees the new beat must see it as well.
        if (time.GetElapsedTime(Interlocked.Read(ref _last), now) > Longest)
            Interlocked.Exchange(ref _doubtfulUntil, now + (long)(Settling.TotalSeconds * time.TimestampFrequency));
        Interlocked.Exchange(ref _last, now);
        return now;
    }
}
