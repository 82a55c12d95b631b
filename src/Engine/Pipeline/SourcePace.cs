namespace Recs.Engine.Pipeline;

/// <summary>
/// How long a source takes, as a moving average over its last runs; one that took much longer than they did counts as
/// twice as long at most, because on a busy machine it is the thread that was kept waiting, not the source that was slow.
/// Thread-safe; of runs that end at the same moment one may go uncounted, which an average does not mind.
/// </summary>
internal sealed class SourcePace
{
    /// <summary>Runs before the average counts, and the weight of the past in it.</summary>
    private const int Runs = 16;

    /// <summary>So that a source that takes nothing at all can come to take something.</summary>
    private static readonly long Allowance = TimeSpan.FromMicroseconds(20).Ticks;

    private long _averageTicks;
    private int _runs;

    /// <summary>The average; null until there were enough runs.</summary>
    public TimeSpan? Expected => Volatile.Read(ref _runs) >= Runs ? TimeSpan.FromTicks(Interlocked.Read(ref _averageTicks)) : null;

    public void Took(TimeSpan time)
    {
        var runs = Math.Min(Volatile.Read(ref _runs) + 1, Runs);
        var average = Interlocked.Read(ref _averageTicks);
        var ticks = runs == Runs ? Math.Min(time.Ticks, 2 * average + Allowance) : time.Ticks;
        Interlocked.Exchange(ref _averageTicks, average + (ticks - average) / runs);
        Volatile.Write(ref _runs, runs);
    }

    /// <summary>Begins anew: what was is no guide any more.</summary>
    public void Forget() => Volatile.Write(ref _runs, 0);
}
