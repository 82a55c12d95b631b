using Recs.Bench.Harness;

namespace Recs.Bench.Suites;

/// <summary>What the disk itself takes: append 4 KiB, flush it to the disk, again. Read durable figures beside it.</summary>
internal static class FsyncProbe
{
    private const int Rounds = 400;

    public static double MedianMs(string folder) => Percentile.Milliseconds(Sorted(folder), 0.5);

    public static long[] Sorted(string folder)
    {
        var name = Path.Combine(folder, "fsync-probe");
        var ticks = new long[Rounds];
        using (var file = File.OpenHandle(name, FileMode.Create, FileAccess.Write))
        {
            var block = new byte[4096];
            for (var n = 0; n < Rounds; n++)
            {
                var clock = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, (long)n * block.Length);
                RandomAccess.FlushToDisk(file);
                ticks[n] = Stopwatch.GetTimestamp() - clock;
            }
        }

        File.Delete(name);
        Array.Sort(ticks);
        return ticks;
    }
}
