using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Events;

public class SegmentedLogFaultTests
{
    [Fact]
    public async Task A_full_disk_refuses_the_record_leaves_nothing_of_it_and_later_ones_succeed()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using (var log = SegmentedLog.Open(folder.Path, new(), files, out _))
        {
            await log.AppendAsync(Bytes("before"));
            for (var space = 0; space < 40; space += 3)
            {
                files.SpaceLeft = space;
                var refused = await Assert.ThrowsAsync<RecommenderException>(
                    async () => await log.AppendAsync(Bytes("twenty-five bytes of text")));
                Assert.Equal(RefusalKind.StorageFull, refused.Kind);
                Assert.IsType<IOException>(refused.InnerException);
                Assert.Equal(log.Bytes, new FileInfo(Segments(folder.Path)[0]).Length);
            }
            files.SpaceLeft = null;
            Assert.Equal(1, await log.AppendAsync(Bytes("after")));
        }
        Assert.Equal(["before", "after"], Read(folder.Path));
    }

    [Fact]
    public async Task A_failed_flush_means_not_durable_so_the_records_are_refused_and_taken_away()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using (var log = SegmentedLog.Open(folder.Path, new(), files, out _))
        {
            await log.AppendAsync(Bytes("before"));
            files.FailFlush = true;
            var refused = await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(Bytes("lost")));
            Assert.Equal(RefusalKind.StorageFull, refused.Kind);
            Assert.Equal(["before"], Read(folder.Path));
            Assert.Equal(1, log.NextOrdinal);
            files.FailFlush = false;
            Assert.Equal(1, await log.AppendAsync(Bytes("after")));
        }
        Assert.Equal(["before", "after"], Read(folder.Path));
    }

    [Fact]
    public async Task When_a_failed_write_cannot_be_taken_back_the_log_refuses_everything_until_reopened()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using (var log = SegmentedLog.Open(folder.Path, new(), files, out _))
        {
            await log.AppendAsync(Bytes("before"));
            files.SpaceLeft = 10;
            files.FailTruncate = true;
            await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(Bytes("torn")));
            files.SpaceLeft = null;
            files.FailTruncate = false;
            var refused = await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(Bytes("still")));
            Assert.Equal(RefusalKind.StorageFull, refused.Kind);
            Assert.Contains("opened again", refused.Message);
        }
        await using (var log = SegmentedLog.Open(folder.Path, new(), out var recovery))
        {
            Assert.Equal((1L, 10L), (recovery.Records, recovery.TornBytes));
            Assert.Equal(1, await log.AppendAsync(Bytes("after")));
        }
        Assert.Equal(["before", "after"], Read(folder.Path));
    }

    [Fact]
    public async Task A_roll_that_fails_for_want_of_space_refuses_and_the_next_one_succeeds()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        var options = new SegmentedLogOptions { SegmentBytes = 64 << 10 };
        await using (var log = SegmentedLog.Open(folder.Path, options, files, out _))
        {
            await log.AppendAsync(new byte[60_000]);
            files.SpaceLeft = 5;
            await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(new byte[60_000]));
            files.SpaceLeft = null;
            Assert.Equal(1, await log.AppendAsync(new byte[60_000]));
        }
        await using var again = SegmentedLog.Open(folder.Path, options, out var recovery);
        Assert.Equal(new LogRecovery(2, 0, null), recovery);
        Assert.Equal(2, Segments(folder.Path).Length);
    }

    [Fact]
    public async Task A_roll_whose_name_may_not_be_durable_stops_the_log_rather_than_contradict_it()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        var options = new SegmentedLogOptions { SegmentBytes = 64 << 10 };
        await using (var log = SegmentedLog.Open(folder.Path, options, files, out _))
        {
            await log.AppendAsync(new byte[60_000]);
            files.FailDirectoryFlush = true;
            await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(new byte[60_000]));
            files.FailDirectoryFlush = false;
            await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(new byte[10]));
        }
        await using var again = SegmentedLog.Open(folder.Path, options, out var recovery);
        Assert.Equal(1, recovery.Records);
        Assert.Equal(1, await again.AppendAsync(new byte[10]));
    }

    [Fact]
    public async Task Killed_at_any_operation_every_acknowledged_record_is_there_once_and_in_order()
    {
        var options = new SegmentedLogOptions { SegmentBytes = 64 << 10 };
        for (var crashAt = 1; crashAt <= 60; crashAt++)
        {
            using var folder = new TempFolder();
            var files = new FaultyFiles { CrashAt = crashAt };
            var acknowledged = new List<string>();
            var attempted = new List<string>();
            try
            {
                await using var log = SegmentedLog.Open(folder.Path, options, files, out _);
                for (var i = 0; i < 25; i++)
                {
                    attempted.Add(Numbered(i, 20_000));
                    await log.AppendAsync(Bytes(attempted[^1]));
                    acknowledged.Add(attempted[^1]);
                }
            }
            catch (Exception killed) when (killed is IOException or RecommenderException)
            {
                Assert.True(files.Crashed);
            }
            await using (var log = SegmentedLog.Open(folder.Path, options, out _))
            {
                var found = log.Read().Select(Text).ToList();
                Assert.True(found.Count >= acknowledged.Count, $"crash at {crashAt}: {found.Count} of {acknowledged.Count}");
                Assert.Equal(attempted.Take(found.Count), found);
                Assert.Equal(found.Count, await log.AppendAsync(Bytes("goes on")));
            }
            Assert.Empty(Directory.GetFiles(folder.Path, "*.tmp"));
        }
    }

    [Fact]
    public async Task Every_second_flushes_on_the_clock_and_writes_again_what_a_failed_flush_left_in_doubt()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        var clock = new ManualTime();
        await using (var log = SegmentedLog.Open(
            folder.Path, new() { Flush = FlushPolicy.EverySecond, Time = clock }, files, out _))
        {
            var flushes = files.Flushes;
            await log.AppendAsync(Bytes("one"));
            await log.AppendAsync(Bytes("two"));
            Assert.Equal(flushes, files.Flushes);
            using var flushed = new SemaphoreSlim(0);
            files.BeforeFlush = () => flushed.Release();
            clock.Tick();
            await flushed.WaitAsync();
            await log.AppendAsync(Bytes("three"));
            Assert.Equal(flushes + 1, files.Flushes);
            files.FailFlush = true;
            clock.Tick();
            await flushed.WaitAsync();
            var refused = await Assert.ThrowsAsync<RecommenderException>(async () => await log.AppendAsync(Bytes("no")));
            Assert.Equal(RefusalKind.StorageFull, refused.Kind);
            files.FailFlush = false;
            var writes = files.Writes;
            await log.AppendAsync(Bytes("four"));
            Assert.Equal(writes + 2, files.Writes); // "three" again, then "four"
            files.BeforeFlush = null;
        }
        Assert.Equal(["one", "two", "three", "four"], Read(folder.Path));
    }

    /// <summary>A clock whose timers fire when told.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private TimerCallback? _callback;

        public void Tick() => _callback!(null);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = callback;
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => default;
        }
    }
}
