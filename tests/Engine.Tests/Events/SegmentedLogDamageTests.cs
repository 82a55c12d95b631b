using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Events;

public class SegmentedLogDamageTests
{
    private static readonly SegmentedLogOptions Options = new() { SegmentBytes = 64 << 10 };

    [Fact]
    public async Task Cut_at_any_byte_of_the_last_records_the_whole_ones_before_are_found_and_the_rest_is_reported()
    {
        using var folder = new TempFolder();
        var whole = folder.Sub("whole");
        string[] texts = ["first", "second record", "", "fourth"];
        await Fill(whole, Options, texts);
        var file = Segments(whole)[0];
        var bytes = File.ReadAllBytes(file);
        // 32 bytes of header, then 16 bytes and the text for each record.
        int[] ends = [32, 32 + 21, 32 + 21 + 29, 32 + 21 + 29 + 16, 32 + 21 + 29 + 16 + 22];
        Assert.Equal(ends[^1], bytes.Length);
        var cut = folder.Sub("cut");
        Directory.CreateDirectory(cut);
        var target = Path.Combine(cut, Path.GetFileName(file));
        for (var length = 32; length < bytes.Length; length++)
        {
            File.WriteAllBytes(target, bytes[..length]);
            var kept = ends.Count(end => end <= length) - 1;
            Assert.Equal(texts.Take(kept), Read(cut));
            await using (var log = SegmentedLog.Open(cut, Options, out var recovery))
            {
                Assert.Equal((kept, length - ends[kept]), (recovery.Records, recovery.TornBytes));
                Assert.Equal(recovery.TornBytes > 0 ? target : null, recovery.TornFile);
                Assert.Equal(kept, await log.AppendAsync(Bytes("next")));
            }
            Assert.Equal([.. texts.Take(kept), "next"], Read(cut));
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_a_flushed_record_with_others_behind_it_is_refused_with_file_and_offset()
    {
        using var folder = new TempFolder();
        var whole = folder.Sub("whole");
        await Fill(whole, Options, [.. Enumerable.Range(0, 20).Select(i => Numbered(i, 50 + i))]);
        var file = Segments(whole)[0];
        var bytes = File.ReadAllBytes(file);
        var lastRecord = bytes.Length - 16 - 69;
        var damaged = folder.Sub("damaged");
        Directory.CreateDirectory(damaged);
        var target = Path.Combine(damaged, Path.GetFileName(file));
        for (var at = 0; at < lastRecord; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= (byte)(1 << at % 8);
            File.WriteAllBytes(target, changed);
            var refused = Assert.Throws<InvalidDataException>(() => SegmentedLog.Open(damaged, Options, out _));
            Assert.Contains(target, refused.Message);
            Assert.Contains(" offset ", refused.Message);
            Assert.Throws<InvalidDataException>(() => Read(damaged));
            Assert.Equal(changed, File.ReadAllBytes(target));
        }
        for (var at = lastRecord; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= (byte)(1 << at % 8);
            File.WriteAllBytes(target, changed);
            await using var log = SegmentedLog.Open(damaged, Options, out var recovery);
            Assert.Equal((19L, 85L), (recovery.Records, recovery.TornBytes));
        }
    }

    [Fact]
    public async Task Blocks_of_the_last_write_that_reached_the_disk_out_of_order_are_a_torn_tail()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        using var hold = new ManualResetEventSlim(true);
        using var reached = new SemaphoreSlim(0);
        await using (var log = SegmentedLog.Open(folder.Path, Options, files, out _))
        {
            await log.AppendAsync(Bytes("durable"));
            files.BeforeFlush = () =>
            {
                reached.Release();
                hold.Wait();
            };
            hold.Reset();
            var first = log.AppendAsync(Bytes("alone")).AsTask();
            await reached.WaitAsync();
            var together = Enumerable.Range(0, 5).Select(i => log.AppendAsync(Bytes($"together {i}")).AsTask()).ToArray();
            files.BeforeFlush = null;
            hold.Set();
            await first;
            await Task.WhenAll(together);
        }
        // As if power had failed before the flush of the five: the first of them is missing, the others are there.
        var file = Segments(folder.Path)[0];
        var bytes = File.ReadAllBytes(file);
        var five = 32 + 16 + 7 + 16 + 5;
        bytes.AsSpan(five, 26).Clear();
        File.WriteAllBytes(file, bytes);
        Assert.Equal(["durable", "alone"], Read(folder.Path));
        await using var again = SegmentedLog.Open(folder.Path, Options, out var recovery);
        Assert.Equal((2L, 5 * 26L), (recovery.Records, recovery.TornBytes));
    }

    [Fact]
    public async Task A_tail_of_zeros_is_torn_not_a_run_of_empty_records()
    {
        using var folder = new TempFolder();
        await Fill(folder.Path, Options, "one", "two");
        using (var file = File.Open(Segments(folder.Path)[0], FileMode.Append))
            file.Write(new byte[4096]);
        Assert.Equal(["one", "two"], Read(folder.Path));
        await using var log = SegmentedLog.Open(folder.Path, Options, out var recovery);
        Assert.Equal((2L, 4096L), (recovery.Records, recovery.TornBytes));
    }

    [Fact]
    public async Task A_closed_segment_cut_short_or_missing_is_refused()
    {
        using var folder = new TempFolder();
        var whole = folder.Sub("whole");
        await Fill(whole, Options, [.. Enumerable.Range(0, 200).Select(i => Numbered(i, 1000))]);
        var segments = Segments(whole);
        Assert.True(segments.Length >= 3);
        var cut = folder.Sub("cut");
        TempFolder.Copy(whole, cut);
        var middle = Path.Combine(cut, Path.GetFileName(segments[1]));
        File.WriteAllBytes(middle, File.ReadAllBytes(segments[1])[..^1016]);
        var refused = Assert.Throws<InvalidDataException>(() => SegmentedLog.Open(cut, Options, out _));
        Assert.Contains(middle, refused.Message);
        Assert.Throws<InvalidDataException>(() => Read(cut));
        File.Delete(middle);
        Assert.Throws<InvalidDataException>(() => SegmentedLog.Open(cut, Options, out _));
        Assert.Throws<InvalidDataException>(() => Read(cut));
    }

    [Fact]
    public async Task A_segment_under_another_name_is_refused()
    {
        using var folder = new TempFolder();
        await Fill(folder.Path, Options, "one");
        File.Move(Segments(folder.Path)[0], folder.Sub("00000000000000000007.seg"));
        var refused = Assert.Throws<InvalidDataException>(() => SegmentedLog.Open(folder.Path, Options, out _));
        Assert.Contains("begins with record 0, not 7", refused.Message);
    }
}
