namespace Recs.Engine.Tests.Events;

public sealed class MarkedReadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-marks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_read_from_any_record_begins_at_that_record_before_and_after_a_rewrite()
    {
        await using var log = SegmentedLog.Open(_folder, new SegmentedLogOptions { SegmentBytes = 1L << 20, Flush = FlushPolicy.EverySecond }, out _);
        const int Count = 1_500;
        for (var i = 0; i < Count; i++)
            await log.AppendAsync(Payload(i));

        Check(log, Count);
        // Every second record becomes shorter: what was remembered of places in the file is wrong from here on.
        log.Rewrite(record => record.Ordinal % 2 == 0 ? record.Payload[..16] : record.Payload);
        for (var i = Count; i < 2 * Count; i++)
            await log.AppendAsync(Payload(i));
        Check(log, 2 * Count);
    }

    [Fact]
    public async Task A_follower_of_a_long_segment_reads_a_bounded_part_of_it()
    {
        await using var log = SegmentedLog.Open(_folder, new SegmentedLogOptions { SegmentBytes = 64L << 20, Flush = FlushPolicy.EverySecond }, out _);
        for (var i = 0; i < 4_000; i++)
            await log.AppendAsync(Payload(i));

        // Damage at the beginning of the file: who comes by there would fail.
        var path = Assert.Single(Directory.GetFiles(_folder, "*.seg*"));
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Position = 1_000;
            file.Write(new byte[64]);
        }

        Assert.Equal([3_998L, 3_999L], log.Read(3_998).Select(r => r.Ordinal));
        Assert.Throws<InvalidDataException>(() => log.Read(0).Count());
    }

    private static void Check(SegmentedLog log, int count)
    {
        foreach (var from in new[] { 0, 1, 299, 300, 301, 777, count - 2, count - 1 })
        {
            var next = from;
            foreach (var record in log.Read(from))
            {
                Assert.Equal(next, record.Ordinal);
                Assert.Equal(next, BitConverter.ToInt32(record.Payload.Span));
                next++;
            }

            Assert.Equal(count, next);
        }
    }

    private static byte[] Payload(int i)
    {
        var payload = new byte[1_000 + i % 7];
        BitConverter.TryWriteBytes(payload, i);
        return payload;
    }
}
