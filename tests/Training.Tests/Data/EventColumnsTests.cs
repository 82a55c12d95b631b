using Recs.Training.Data;

namespace Recs.Training.Tests.Data;

public sealed class EventColumnsTests
{
    [Fact]
    public async Task Events_come_in_order_of_time_and_a_merged_guests_events_count_for_the_target()
    {
        using var folder = new DataFolderBuilder();
        await folder.AppendAsync(new LogEntry.Events([Event("guest", "a", 30), Event("anna", "b", 10), Event("later", "c", 20)]));
        await folder.AppendAsync(new LogEntry.Merge("guest", "later", 2, ReadOnlyMemory<byte>.Empty));
        await folder.AppendAsync(new LogEntry.Merge("later", "anna", 2, ReadOnlyMemory<byte>.Empty));
        await folder.AppendAsync(new LogEntry.Events([Event("anna", "a", 20, InteractionType.Rating, 4.5)]));
        var catalog = new ItemCatalog();
        var events = EventColumns.Read(folder.Root, catalog);

        Assert.Equal([10, 20, 20, 30], events.AtMs);
        Assert.Equal(["b", "c", "a", "a"], events.Item.Select(catalog.IdOf));
        Assert.All(events.User, u => Assert.Equal("anna", events.UserIds[u]));
        Assert.Equal([null, null, 4.5, null], Enumerable.Range(0, 4).Select(events.WeightOf));
        Assert.Equal(4, events.NextOrdinal);
    }

    [Fact]
    public void A_circle_of_merges_in_a_damaged_log_does_not_hang()
    {
        var events = EventColumns.From(
            [
                new LogEntry.Events([Event("a", "x", 1), Event("b", "x", 2)]),
                new LogEntry.Merge("a", "b", 2, ReadOnlyMemory<byte>.Empty),
                new LogEntry.Merge("b", "a", 3, ReadOnlyMemory<byte>.Empty),
            ], new ItemCatalog());
        Assert.All(events.User, u => Assert.Equal("b", events.UserIds[u]));
    }

    [Fact]
    public void Events_on_items_beyond_the_catalogues_capacity_are_left_out()
    {
        var catalog = new ItemCatalog(capacity: 1);
        var events = EventColumns.From([new LogEntry.Events([Event("u", "a", 1), Event("u", "b", 2), Event("u", "a", 3)])], catalog);
        Assert.Equal([1, 3], events.AtMs);
    }

    [Fact]
    public async Task A_folder_is_read_while_a_server_writes_it()
    {
        using var folder = new DataFolderBuilder();
        await using var log = SegmentedLog.Open(Recs.Engine.Embedded.DataFolder.Events(folder.Root), new SegmentedLogOptions(), out _);
        await log.AppendAsync(LogEntryCodec.Encode(new LogEntry.Events([Event("u", "a", 1)])));
        Assert.Equal(1, EventColumns.Read(folder.Root, new ItemCatalog()).Count);
        await log.AppendAsync(LogEntryCodec.Encode(new LogEntry.Events([Event("u", "b", 2)])));
        Assert.Equal(2, EventColumns.Read(folder.Root, new ItemCatalog()).Count);
    }

    /// <summary>Training and serving must hold the same history, or the model is trained on what no page is made from.</summary>
    [Fact]
    public void Histories_equal_those_that_sessions_hold()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var catalog = new ItemCatalog();
            var entries = Enumerable.Range(0, 120).Select(n => Event(
                $"u{random.Next(3)}", $"i{random.Next(12)}", 1_000 + n, (InteractionType)random.Next(9), Math.Round(random.NextDouble() * 5, 1))).ToList();
            var histories = UserHistories.Of(EventColumns.From([new LogEntry.Events(entries)], catalog), entries.Count);
            var rules = new SessionRules(catalog, new SessionOptions());
            var users = entries.Select(e => e.UserId).Distinct().ToList();
            for (var u = 0; u < users.Count; u++)
            {
                var session = UserSession.Empty(users[u]);
                foreach (var e in entries.Where(e => e.UserId == users[u]))
                    session = rules.Replay(session, e);
                var range = histories.Offsets[u]..histories.Offsets[u + 1];
                var actual = histories.Items[range].Zip(histories.Strengths[range], histories.AtMs[range]);
                var expected = session.History.Select(h => (h.Item, h.Strength, h.AtMs));
                Assert.True(expected.SequenceEqual(actual), $"seed {seed}, user {users[u]}: {string.Join(' ', actual)}, expected {string.Join(' ', expected)}");
            }
        }
    }

    internal static LoggedEvent Event(string user, string item, long atMs, InteractionType type = InteractionType.Click, double? weight = null) =>
        new() { UserId = user, Sequence = 1, ItemId = item, Type = type, AtMs = atMs, Weight = weight };
}
