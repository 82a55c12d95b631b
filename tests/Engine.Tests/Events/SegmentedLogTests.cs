using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Events;

public class SegmentedLogTests
{
    private static readonly SegmentedLogOptions SmallSegments = new() { SegmentBytes = 64 << 10 };

    [Fact]
    public async Task Records_come_back_in_order_with_ordinals_from_zero_after_reopening()
    {
        using var folder = new TempFolder();
        await using (var log = SegmentedLog.Open(folder.Path, new(), out var first))
        {
            Assert.Equal(new LogRecovery(0, 0, null), first);
            for (var i = 0; i < 10; i++)
                Assert.Equal(i, await log.AppendAsync(Bytes($"r{i}")));
            await log.AppendAsync(Array.Empty<byte>());
            Assert.Equal(11, log.NextOrdinal);
            Assert.Equal(["r8", "r9", ""], log.Read(8).Select(Text));
        }
        await using (var log = SegmentedLog.Open(folder.Path, new(), out var again))
        {
            Assert.Equal(new LogRecovery(11, 0, null), again);
            Assert.Equal(11, await log.AppendAsync(Bytes("more")));
            Assert.Equal([9L, 10L, 11L], log.Read(9).Select(record => record.Ordinal));
            Assert.Equal(Directory.GetFiles(folder.Path).Sum(file => new FileInfo(file).Length), log.Bytes);
        }
    }

    [Fact]
    public async Task Segments_roll_and_are_read_as_one_sequence_from_any_ordinal()
    {
        using var folder = new TempFolder();
        await Fill(folder.Path, SmallSegments, [.. Enumerable.Range(0, 300).Select(i => Numbered(i, 1000))]);
        Assert.True(Segments(folder.Path).Length > 4);
        for (var from = 0; from <= 301; from += 7)
            Assert.Equal(
                Enumerable.Range(0, 300).Where(i => i >= from).Select(i => Numbered(i, 1000)),
                SegmentedLog.ReadFolder(folder.Path, from).Select(Text));
    }

    [Fact]
    public async Task Appends_made_at_the_same_time_share_a_flush()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        using var hold = new ManualResetEventSlim(true);
        files.BeforeFlush = () => hold.Wait();
        await using var log = SegmentedLog.Open(folder.Path, new(), files, out _);
        var before = files.Flushes;
        hold.Reset();
        var appends = Enumerable.Range(0, 1000).Select(i => log.AppendAsync(Bytes($"{i}")).AsTask()).ToArray();
        hold.Set();
        var ordinals = await Task.WhenAll(appends);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), ordinals);
        // The writer took some first; all that came while it was held share the next flush.
        Assert.InRange(files.Flushes - before, 1, 2);
    }

    [Fact]
    public async Task Records_larger_than_any_buffer_are_kept_and_too_large_ones_refused_by_size()
    {
        using var folder = new TempFolder();
        var large = new byte[5 << 20];
        new Random(1).NextBytes(large);
        var options = SmallSegments with { MaxRecordBytes = large.Length };
        await using (var log = SegmentedLog.Open(folder.Path, options, out _))
        {
            await log.AppendAsync(Bytes("small"));
            await log.AppendAsync(large);
            var refused = await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(new byte[large.Length + 1]));
            Assert.Equal((RefusalKind.TooLarge, "5242881"), (refused.Kind, refused.Value));
        }
        Assert.Equal(large, SegmentedLog.ReadFolder(folder.Path, 1).Single().Payload.ToArray());
    }

    [Fact]
    public async Task Dropping_takes_whole_old_segments_and_ordinals_stay()
    {
        using var folder = new TempFolder();
        await using var log = SegmentedLog.Open(folder.Path, SmallSegments, out _);
        for (var i = 0; i < 300; i++)
            await log.AppendAsync(Bytes(Numbered(i, 1000)));
        var before = log.Bytes;
        var freed = log.DropBefore(150);
        Assert.InRange(log.FirstOrdinal, 80, 150);
        Assert.Equal(before - freed, log.Bytes);
        Assert.Equal(log.FirstOrdinal, log.Read().First().Ordinal);
        Assert.Equal(Numbered(200, 1000), Text(log.Read(200).First()));
        Assert.Equal(300 - log.FirstOrdinal, SegmentedLog.ReadFolder(folder.Path).Count());
        Assert.Equal(0, log.DropBefore(log.FirstOrdinal));
    }

    [Fact]
    public async Task At_its_cap_a_log_refuses_and_what_it_took_stays()
    {
        using var folder = new TempFolder();
        await using var log = SegmentedLog.Open(folder.Path, SmallSegments with { MaxBytes = 256 << 10 }, out _);
        var taken = 0;
        RecommenderException? refused = null;
        while (refused is null)
        {
            try
            {
                await log.AppendAsync(Bytes(Numbered(taken, 1000)));
                taken++;
            }
            catch (RecommenderException full)
            {
                refused = full;
            }
        }
        Assert.Equal(RefusalKind.StorageFull, refused.Kind);
        Assert.Contains("262144", refused.Message);
        Assert.InRange(log.Bytes, (256 << 10) - 1100, 256 << 10);
        Assert.Equal(taken, log.Read().Count());
        log.DropBefore(100);
        Assert.Equal(taken, await log.AppendAsync(Bytes("room again")));
    }

    [Fact]
    public async Task With_drop_oldest_the_cap_holds_and_the_newest_records_are_kept()
    {
        using var folder = new TempFolder();
        var options = SmallSegments with { MaxBytes = 256 << 10, DropOldest = true, Flush = FlushPolicy.EverySecond };
        await using var log = SegmentedLog.Open(folder.Path, options, out _);
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(i, await log.AppendAsync(Bytes(Numbered(i, 1000))));
            Assert.True(log.Bytes <= 256 << 10, $"{log.Bytes} bytes after record {i}");
        }
        Assert.True(log.Bytes > 180 << 10, $"{log.Bytes} bytes are kept");
        Assert.Equal(1999, log.Read().Last().Ordinal);
    }

    [Fact]
    public async Task Beyond_the_queue_bound_appends_are_refused_as_overloaded_until_the_writer_catches_up()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        using var hold = new ManualResetEventSlim(true);
        using var reached = new SemaphoreSlim(0);
        await using var log = SegmentedLog.Open(folder.Path, new() { MaxQueuedBytes = 10_000 }, files, out _);
        files.BeforeFlush = () =>
        {
            reached.Release();
            hold.Wait();
        };
        hold.Reset();
        var first = log.AppendAsync(new byte[100]).AsTask();
        await reached.WaitAsync();
        var waiting = new List<Task<long>>();
        void AppendUntilRefused()
        {
            while (true)
                waiting.Add(log.AppendAsync(new byte[1000]).AsTask());
        }

        var refused = Assert.Throws<RecommenderException>((Action)AppendUntilRefused);
        Assert.Equal(RefusalKind.Overloaded, refused.Kind);
        Assert.NotNull(refused.RetryAfter);
        Assert.Equal(7, waiting.Count); // 7 × 1,272 bytes fit into 10,000
        files.BeforeFlush = null;
        hold.Set();
        Assert.Equal(0, await first);
        Assert.Equal(new long[] { 1, 2, 3, 4, 5, 6, 7 }, await Task.WhenAll(waiting));
        Assert.Equal(8, await log.AppendAsync(new byte[1000]));
    }

    [Fact]
    public async Task A_cancelled_append_is_withdrawn_before_the_writer_takes_it_and_stays_afterwards()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        using var hold = new ManualResetEventSlim(true);
        using var reached = new SemaphoreSlim(0);
        await using var log = SegmentedLog.Open(folder.Path, new(), files, out _);
        files.BeforeFlush = () =>
        {
            reached.Release();
            hold.Wait();
        };
        hold.Reset();
        using var cancelTaken = new CancellationTokenSource();
        using var cancelQueued = new CancellationTokenSource();
        var taken = log.AppendAsync(Bytes("taken"), cancelTaken.Token).AsTask();
        await reached.WaitAsync();
        var queued = log.AppendAsync(Bytes("queued"), cancelQueued.Token).AsTask();
        var behind = log.AppendAsync(Bytes("behind")).AsTask();
        cancelTaken.Cancel();
        cancelQueued.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        hold.Set();
        Assert.Equal(0, await taken);
        Assert.Equal(1, await behind);
        Assert.Equal(["taken", "behind"], log.Read().Select(Text));
    }

    [Fact]
    public async Task A_writer_that_lingers_writes_what_came_one_after_the_other_at_once()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        using var never = new ManualResetEventSlim();
        await using var log = SegmentedLog.Open(folder.Path, new() { Linger = TimeSpan.FromSeconds(1) }, files, out _);
        var before = files.Flushes;
        var appends = new List<Task<long>>();
        for (var i = 0; i < 20; i++)
        {
            appends.Add(log.AppendAsync(Bytes($"{i}")).AsTask());
            // Time enough for a writer that does not linger to take it alone.
            never.Wait(5);
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), await Task.WhenAll(appends));
        // Two where this thread was kept waiting for long.
        Assert.InRange(files.Flushes - before, 1, 2);
        Assert.Equal(20, await log.AppendAsync(Bytes("after")));
    }

    [Fact]
    public async Task What_waits_for_a_writer_that_lingers_is_put_off_by_nothing_else_that_it_does()
    {
        using var folder = new TempFolder();
        await using var log = SegmentedLog.Open(folder.Path, new() { Linger = TimeSpan.FromMilliseconds(300), MaxQueuedBytes = 40_000 }, out _);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var append = log.AppendAsync(Bytes("first")).AsTask();
        while (!append.IsCompleted && clock.Elapsed < TimeSpan.FromSeconds(20))
            log.Roll();
        Assert.Equal(0, await append.WaitAsync(TimeSpan.Zero));

        // Half of what may wait is there.
        clock.Restart();
        for (var i = 0; i < 100; i++)
            Assert.Equal(i + 1, await log.AppendAsync(new byte[30_000]));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task A_writer_that_lingers_holds_up_neither_the_end_nor_a_new_segment()
    {
        using var folder = new TempFolder();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var round = 0; round < 5; round++)
        {
            await using var log = SegmentedLog.Open(folder.Path, new() { Linger = TimeSpan.FromSeconds(1) }, out _);
            var append = log.AppendAsync(Bytes($"{round}")).AsTask();
            for (var i = 0; i < 4; i++)
                log.Roll();
            Assert.False(append.IsFaulted);
        }

        Assert.Equal(["0", "1", "2", "3", "4"], Read(folder.Path));
        // 25 waits of a second, were each waited for.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task Closing_writes_what_is_queued_and_refuses_what_comes_later()
    {
        using var folder = new TempFolder();
        var log = SegmentedLog.Open(folder.Path, new() { Flush = FlushPolicy.EverySecond }, out _);
        var appends = Enumerable.Range(0, 500).Select(i => log.AppendAsync(Bytes($"{i}")).AsTask()).ToArray();
        await log.DisposeAsync();
        await Task.WhenAll(appends);
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.AppendAsync(Bytes("late")));
        Assert.Equal(500, Read(folder.Path).Count);
    }

    [Theory]
    [InlineData(1000L, 8 << 20, 0, "segmentBytes")]
    [InlineData(64L << 20, 10, 0, "maxRecordBytes")]
    [InlineData(64L << 20, 8 << 20, 1_001, "linger")]
    [InlineData(64L << 20, 8 << 20, -1, "linger")]
    public void Illegal_options_are_named_with_their_range(long segmentBytes, int maxRecordBytes, int lingerMs, string field)
    {
        using var folder = new TempFolder();
        var refused = Assert.Throws<RecommenderException>(() => SegmentedLog.Open(
            folder.Path, new() { SegmentBytes = segmentBytes, MaxRecordBytes = maxRecordBytes, Linger = TimeSpan.FromMilliseconds(lingerMs) }, out _));
        Assert.Equal(field, refused.Field);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
