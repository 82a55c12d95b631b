namespace Recs.Engine.Monitoring;

/// <summary>A count over the last hour in 60 buckets of a minute. Thread-safe.</summary>
internal sealed class SlidingCount(TimeProvider time)
{
    private const int Minutes = 60;

    private readonly long[] _counts = new long[Minutes];
    private readonly long[] _minutes = new long[Minutes];
    private readonly Lock _lock = new();

    public void Add(long n)
    {
        var minute = Minute();
        lock (_lock)
        {
            var slot = minute % Minutes;
            if (_minutes[slot] != minute)
            {
                _minutes[slot] = minute;
                _counts[slot] = 0;
            }

            _counts[slot] += n;
        }
    }

    public long Total()
    {
        var minute = Minute();
        lock (_lock)
        {
            var total = 0L;
            for (var i = 0; i < Minutes; i++)
                total += minute - _minutes[i] < Minutes ? _counts[i] : 0;
            return total;
        }
    }

    private long Minute() => time.GetUtcNow().ToUnixTimeSeconds() / 60;
}
