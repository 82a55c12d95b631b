using System.Numerics;

namespace Recs.Engine.Monitoring;

/// <summary>
/// Latencies of the last minute as a log-linear histogram: 16 buckets per power of two, so a percentile is within
/// 1/16 of the truth. 6 slices of 10 s, 8 KiB each. Thread-safe; a sample that races a slice's turn may be lost.
/// </summary>
internal sealed class LatencyWindow(TimeProvider time)
{
    private const int SubBits = 4;
    private const int Buckets = 40 << SubBits;
    private const int SliceCount = 6;
    private const long SliceSeconds = 10;

    private readonly Slice[] _slices = [.. Enumerable.Range(0, SliceCount).Select(_ => new Slice())];
    private readonly long _origin = time.GetTimestamp();

    public void Record(TimeSpan elapsed)
    {
        var epoch = Epoch();
        var slice = _slices[epoch % SliceCount];
        if (Volatile.Read(ref slice.Epoch) != epoch)
        {
            lock (slice)
            {
                if (slice.Epoch != epoch)
                {
                    Array.Clear(slice.Counts);
                    Volatile.Write(ref slice.Epoch, epoch);
                }
            }
        }

        Interlocked.Increment(ref slice.Counts[BucketOf((long)(elapsed.TotalMicroseconds * 10))]);
    }

    public LatencySummary Summarize()
    {
        var sums = Sum(out var total);
        return new LatencySummary(total, Percentile(sums, total, 0.5), Percentile(sums, total, 0.9), Percentile(sums, total, 0.99));
    }

    /// <summary>Samples per second over the part of the last minute that has passed.</summary>
    public double PerSecond()
    {
        Sum(out var total);
        var seconds = time.GetElapsedTime(_origin).TotalSeconds;
        return total / Math.Clamp(seconds, 1, (SliceCount - 1) * SliceSeconds + seconds % SliceSeconds);
    }

    private long[] Sum(out long total)
    {
        var epoch = Epoch();
        var sums = new long[Buckets];
        total = 0;
        foreach (var slice in _slices)
        {
            if (Volatile.Read(ref slice.Epoch) <= epoch - SliceCount)
                continue;
            for (var i = 0; i < Buckets; i++)
            {
                sums[i] += slice.Counts[i];
                total += slice.Counts[i];
            }
        }

        return sums;
    }

    private long Epoch() => (long)(time.GetElapsedTime(_origin).TotalSeconds / SliceSeconds) + SliceCount;

    // A value v >= 16 falls in bucket (log2 v - 3) * 16 + the four bits below its leading one.
    private static int BucketOf(long tenths)
    {
        if (tenths < 1 << SubBits)
            return (int)Math.Max(0, tenths);
        var log = BitOperations.Log2((ulong)tenths);
        var sub = (int)(tenths >> (log - SubBits)) & ((1 << SubBits) - 1);
        return Math.Min(((log - SubBits + 1) << SubBits) + sub, Buckets - 1);
    }

    private static double UpperMs(int bucket)
    {
        var log = (bucket >> SubBits) + SubBits - 1;
        double tenths = bucket < 1 << SubBits
            ? bucket + 1
            : (1L << log) + (((bucket & ((1 << SubBits) - 1)) + 1L) << (log - SubBits));
        return tenths / 10_000;
    }

    private static double Percentile(long[] sums, long total, double share)
    {
        if (total == 0)
            return 0;
        var wanted = (long)Math.Ceiling(total * share);
        for (var i = 0; i < Buckets; i++)
        {
            wanted -= sums[i];
            if (wanted <= 0)
                return UpperMs(i);
        }

        return UpperMs(Buckets - 1);
    }

    private sealed class Slice
    {
        public readonly int[] Counts = new int[Buckets];
        public long Epoch = -1;
    }
}
