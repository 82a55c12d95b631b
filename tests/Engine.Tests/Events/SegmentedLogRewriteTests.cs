using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Events;

public class SegmentedLogRewriteTests
{
    private static readonly SegmentedLogOptions Options = new() { SegmentBytes = 64 << 10 };

    private static ReadOnlyMemory<byte> Empty(LogRecord record, Func<long, bool> which) =>
        which(record.Ordinal) ? default : record.Payload;

    [Fact]
    public async Task Only_segments_that_change_are_rewritten_and_ordinals_stay()
    {
        using var folder = new TempFolder();
        await using (var log = SegmentedLog.Open(folder.Path, Options, out _))
        {
            for (var i = 0; i < 300; i++)
                await log.AppendAsync(Bytes(Numbered(i, 1000)));
            var calls = new List<long>();
            var files = log.Rewrite(record =>
            {
                calls.Add(record.Ordinal);
                return record.Ordinal == 70 ? Bytes("changed") : Empty(record, ordinal => ordinal is 71 or 299);
            });
            Assert.Equal(2, files);
            Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), calls);
            Assert.Equal(0, log.Rewrite(record => record.Payload));
            Assert.Equal(300, await log.AppendAsync(Bytes("next")));
            Assert.Equal(Directory.GetFiles(folder.Path).Sum(file => new FileInfo(file).Length), log.Bytes);
            Check(log.Read());
        }
        Check(SegmentedLog.ReadFolder(folder.Path));
        await using var again = SegmentedLog.Open(folder.Path, Options, out var recovery);
        Assert.Equal(new LogRecovery(301, 0, null), recovery);

        static void Check(IEnumerable<LogRecord> records)
        {
            var next = 0L;
            foreach (var record in records)
            {
                Assert.Equal(next, record.Ordinal);
                Assert.Equal(
                    next switch { 70 => "changed", 71 or 299 => "", 300 => "next", _ => Numbered((int)next, 1000) },
                    Text(record));
                next++;
            }
            Assert.Equal(301, next);
        }
    }

    [Fact]
    public async Task Killed_at_any_operation_of_a_rewrite_each_segment_is_the_old_or_the_new_one()
    {
        using var folder = new TempFolder();
        var before = folder.Sub("before");
        await Fill(before, Options, [.. Enumerable.Range(0, 150).Select(i => Numbered(i, 1000))]);
        var completed = false;
        for (var crashAt = 1; !completed; crashAt++)
        {
            var work = folder.Sub($"work{crashAt}");
            TempFolder.Copy(before, work);
            var files = new FaultyFiles();
            var log = SegmentedLog.Open(work, Options, files, out _);
            files.CrashAt = files.Operations + crashAt;
            try
            {
                log.Rewrite(record => Empty(record, ordinal => ordinal % 10 == 3));
                await log.DisposeAsync();
                completed = !files.Crashed;
            }
            catch (Exception killed) when (killed is IOException or RecommenderException)
            {
                Assert.True(files.Crashed);
            }
            var segments = Segments(work);
            await using (var again = SegmentedLog.Open(work, Options, out var recovery))
            {
                Assert.Equal((150L, 0L), (recovery.Records, recovery.TornBytes));
                Assert.Empty(Directory.GetFiles(work, "*.tmp"));
                foreach (var file in segments)
                {
                    var first = long.Parse(Path.GetFileNameWithoutExtension(file));
                    var texts = again.Read(first).TakeWhile(record => record.Ordinal < first + 50).ToList();
                    var emptied = texts.Count(record => record.Payload.IsEmpty);
                    Assert.True(texts.All(record => record.Payload.IsEmpty || Text(record) == Numbered((int)record.Ordinal, 1000)));
                    Assert.True(emptied == 0 || texts.Where(record => record.Ordinal % 10 == 3).Count(record => record.Payload.IsEmpty) == emptied);
                }
                again.Rewrite(record => Empty(record, ordinal => ordinal % 10 == 3));
                Assert.Equal(15, again.Read().Count(record => record.Payload.IsEmpty));
            }
            Directory.Delete(work, recursive: true);
            Assert.True(crashAt < 200);
        }
    }

    [Fact]
    public async Task A_full_disk_during_a_rewrite_refuses_and_changes_nothing()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using var log = SegmentedLog.Open(folder.Path, Options, files, out _);
        for (var i = 0; i < 150; i++)
            await log.AppendAsync(Bytes(Numbered(i, 1000)));
        files.SpaceLeft = 1000;
        var refused = Assert.Throws<RecommenderException>(() => log.Rewrite(record => Empty(record, ordinal => ordinal == 5)));
        Assert.Equal(RefusalKind.StorageFull, refused.Kind);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.tmp"));
        files.SpaceLeft = null;
        Assert.Equal(Enumerable.Range(0, 150).Select(i => Numbered(i, 1000)), log.Read().Select(Text));
    }

    [Fact]
    public async Task Readers_see_whole_records_under_their_ordinals_while_others_append_rewrite_and_drop()
    {
        using var folder = new TempFolder();
        await using var log = SegmentedLog.Open(folder.Path, Options, out _);
        for (var i = 0; i < 400; i++)
            await log.AppendAsync(Bytes(Numbered(i, 1000)));
        using var stop = new CancellationTokenSource();
        long read = 0;
        var readers = Enumerable.Range(0, 3).Select(which => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var last = -1L;
                foreach (var record in which == 0 ? log.Read() : SegmentedLog.ReadFolder(folder.Path))
                {
                    Assert.True(record.Ordinal > last, $"{record.Ordinal} after {last}");
                    if (!record.Payload.IsEmpty)
                        Assert.Equal(Numbered((int)record.Ordinal, 1000), Text(record));
                    last = record.Ordinal;
                    Interlocked.Increment(ref read);
                }
            }
        })).ToArray();
        var random = new Random(11);
        for (var i = 400; i < 1000; i++)
        {
            await log.AppendAsync(Bytes(Numbered(i, 1000)));
            if (i % 40 == 0)
            {
                var chosen = random.NextInt64(log.FirstOrdinal, log.NextOrdinal);
                log.Rewrite(record => Empty(record, ordinal => ordinal == chosen));
            }
            if (i % 300 == 0)
                log.DropBefore(i - 350);
        }
        stop.Cancel();
        await Task.WhenAll(readers);
        Assert.True(read > 1000, $"only {read} records were read");
    }
}
