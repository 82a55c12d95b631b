using Recs.Api.Hosting;

namespace Recs.Api.Tests;

public sealed class HugePagesTests
{
    [Fact]
    public void Of_a_memory_map_the_whole_huge_pages_of_own_writable_memory_are_taken()
    {
        string[] map =
        [
            "7f0000000000-7f0000200000 rw-p 00000000 00:00 0",
            "7f0000300000-7f0000900000 rw-p 00000000 00:00 0                          [anon:heap of .NET]",
            "7f0001000000-7f00011ff000 rw-p 00000000 00:00 0",
            "7f0002000000-7f0002400000 r--p 00000000 00:00 0",
            "7f0003000000-7f0003400000 rw-s 00000000 00:01 7        /dev/shm/shared",
            "7f0004000000-7f0004400000 rw-p 00000000 fe:00 1234     /usr/lib/libc.so.6",
            "7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0                          [stack]",
        ];

        Assert.Equal([(0x7f00_0000_0000, 0x7f00_0020_0000), (0x7f00_0040_0000, 0x7f00_0080_0000)], HugePages.Regions(map));
    }

    [Fact]
    public void Memory_that_moves_to_huge_pages_keeps_what_it_holds()
    {
        var filled = new long[8 << 20];
        for (var i = 0; i < filled.Length; i++)
            filled[i] = i * 7L;

        var taken = HugePages.Take();

        for (var i = 0; i < filled.Length; i++)
            Assert.True(filled[i] == i * 7L, $"{filled[i]} at {i}");
        if (!HugePages.AreAllowed)
        {
            Assert.Equal(0, taken);
        }
        else if (taken > 0)
        {
            // A kernel before 6.1, or one without a free page, has none: the process may lie anywhere.
            var held = File.ReadLines("/proc/self/smaps_rollup").First(line => line.StartsWith("AnonHugePages:", StringComparison.Ordinal));
            Assert.True(long.Parse(held.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) > 0, held);
        }
    }

    [Fact]
    public void Nothing_is_done_once_the_host_stops()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        if (HugePages.AreAllowed)
            Assert.Throws<OperationCanceledException>(() => HugePages.Take(stopped.Token));
        else
            Assert.Equal(0, HugePages.Take(stopped.Token));
    }
}
