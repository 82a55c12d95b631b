using Recs.Engine.Tests.Storage;

namespace Recs.Engine.Tests.Events;

public class LogForgettingTests
{
    private static LoggedEvent Event(string user, long sequence) =>
        new() { UserId = user, ItemId = "item", Type = InteractionType.View, Sequence = sequence, AtMs = sequence };

    [Fact]
    public void Entries_that_do_not_name_the_users_stay_the_same_instance()
    {
        var forgetting = new LogForgetting(["gone"]);
        LogEntry events = new LogEntry.Events([Event("kept", 1), Event("gone too?", 1)]);
        LogEntry merge = new LogEntry.Merge("guest", "kept", 2, new byte[3]);
        Assert.Same(events, forgetting.Apply(events));
        Assert.Same(merge, forgetting.Apply(merge));
        Assert.Equal((0L, 0L), (forgetting.EventsRemoved, forgetting.MergesRemoved));
    }

    [Fact]
    public void Events_and_merges_of_the_users_go_and_are_counted()
    {
        var forgetting = new LogForgetting(["gone", "guest"]);
        var left = forgetting.Apply(new LogEntry.Events([Event("gone", 1), Event("kept", 1), Event("gone", 2)]));
        LogEntryCodecTests.AssertSame(new LogEntry.Events([Event("kept", 1)]), left);
        Assert.Null(forgetting.Apply(new LogEntry.Events([Event("guest", 1)])));
        Assert.Null(forgetting.Apply(new LogEntry.Merge("guest", "other", 2, default)));
        Assert.Null(forgetting.Apply(new LogEntry.Merge("other", "gone", 2, default)));
        Assert.Equal((3L, 2L), (forgetting.EventsRemoved, forgetting.MergesRemoved));
    }

    [Fact]
    public void An_import_mark_outlives_its_events()
    {
        var left = new LogForgetting(["gone"]).Apply(new LogEntry.Events([Event("gone", 1)], "source", 40));
        LogEntryCodecTests.AssertSame(new LogEntry.Events([], "source", 40), left);
    }

    [Fact]
    public async Task After_a_rewrite_no_byte_of_the_id_is_in_the_folder_and_everything_else_is()
    {
        using var folder = new TempFolder();
        var random = new Random(5);
        var entries = new List<LogEntry>();
        await using (var log = SegmentedLog.Open(folder.Path, new() { SegmentBytes = 64 << 10 }, out _))
        {
            for (var i = 0; i < 400; i++)
            {
                LogEntry entry = i % 97 == 0
                    ? new LogEntry.Merge($"guest-{i}", i % 2 == 0 ? "user-secret" : "user-1", i, new byte[100])
                    : new LogEntry.Events([.. Enumerable.Range(0, 10).Select(j => Event(
                        random.Next(60) == 0 ? "user-secret" : $"user-{random.Next(500):D40}", i * 10 + j))]);
                entries.Add(entry);
                await log.AppendAsync(LogEntryCodec.Encode(entry));
            }
            Assert.NotEmpty(TempFolder.FilesHolding(folder.Path, "user-secret"));
            var forgetting = new LogForgetting(["user-secret"]);
            var expected = entries.Sum(forgetting.Count);
            var files = log.Rewrite(forgetting.Apply);
            Assert.True(files > 1);
            Assert.True(expected > 20);
            Assert.Equal(expected, forgetting.EventsRemoved + forgetting.MergesRemoved);
            Assert.Empty(TempFolder.FilesHolding(folder.Path, "user-secret"));
            foreach (var record in log.Read())
            {
                var left = new LogForgetting(["user-secret"]).Apply(entries[(int)record.Ordinal]);
                LogEntryCodecTests.AssertSame(left, LogEntryCodec.Decode(record.Payload.Span));
            }
            Assert.Equal(400, log.NextOrdinal);
        }
    }
}
