using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Grains.Log;

namespace Recs.Cluster.Tests.Log;

public sealed class LogPartitionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-partition-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_frame_sent_twice_is_kept_once()
    {
        await using var log = Open();
        await log.AppendAsync([Frame("a", 1), Frame("a", 2), Frame("b", 1)]);
        await log.AppendAsync([Frame("a", 2), Frame("b", 1)]);
        Assert.Equal((3L, 2L), (log.Events, log.Users));
        Assert.Equal(["a1", "a2", "b1"], Kept());
    }

    [Fact]
    public async Task Of_a_frame_that_is_known_in_part_only_the_rest_is_kept()
    {
        await using var log = Open();
        await log.AppendAsync([Frame("a", 1, 2)]);
        await log.AppendAsync([Frame("a", 1, 2, 3, 4)]);
        Assert.Equal(["a1", "a2", "a3", "a4"], Kept());
    }

    [Fact]
    public async Task Repeats_within_one_batch_are_told_too()
    {
        await using var log = Open();
        await log.AppendAsync([Frame("a", 1, 2), Frame("a", 1, 2), Frame("a", 3)]);
        Assert.Equal(["a1", "a2", "a3"], Kept());
    }

    /// <summary>Else the earlier one, sent again, would be taken for a repeat.</summary>
    [Fact]
    public async Task An_event_is_never_in_the_log_without_the_one_before_it()
    {
        // A cap that the first frame does not fit under, while the second one alone would.
        var small = new SegmentedLogOptions { MaxBytes = 256 << 10, SegmentBytes = 64 << 10 };
        await using var log = LogPartition.Open(_folder, 0, small, new SegmentedLogOptions(), NullLogger.Instance);
        var large = LogEntryCodec.Encode(new LogEntry.Events([.. Enumerable.Range(1, 4_000).Select(n => new LoggedEvent
        {
            UserId = "a",
            ItemId = $"{n:00000}{new string('x', 100)}",
            Sequence = n,
            Type = InteractionType.Click,
            AtMs = 1_700_000_000_000,
        })]));
        await Assert.ThrowsAsync<RecommenderException>(() => log.AppendAsync([large, Frame("a", 4_001)]));
        Assert.Empty(Kept());
        await log.AppendAsync([Frame("a", 1)]);
        Assert.Equal(["a1"], Kept());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_known_survives_a_restart_with_and_without_a_checkpoint(bool checkpoint)
    {
        await using (var log = Open())
        {
            await log.AppendAsync([Frame("a", 1), Merge("a", 2)]);
            if (checkpoint)
                log.WriteCheckpoint();
            await log.AppendAsync([Frame("b", 1)]);
        }

        await using var again = Open();
        await again.AppendAsync([Frame("a", 1), Merge("a", 2), Frame("b", 1), Frame("a", 3)]);
        Assert.Equal((3L, 2L), (again.Events, again.Users));
        Assert.Equal(["a1", "a<g2", "b1", "a3"], Kept());
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_made_again_from_the_log()
    {
        await using (var log = Open())
        {
            await log.AppendAsync([Frame("a", 1, 2, 3)]);
            log.WriteCheckpoint();
        }

        var file = Path.Combine(_folder, "events", "p000.state");
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        await using var again = Open();
        await again.AppendAsync([Frame("a", 2)]);
        Assert.Equal((3L, 1L), (again.Events, again.Users));
    }

    [Fact]
    public async Task Counters_from_the_start_and_from_the_feed_are_the_same()
    {
        await using var log = Open();
        await log.AppendAsync([Frame("a", 1, 2), Frame("b", 1)]);
        var snapshot = log.Counters();
        await log.AppendAsync([Frame("b", 2), Frame("c", 1, 2, 3)]);
        var feed = log.CountsSince(snapshot.NextOrdinal);
        Assert.Equal(4, feed.Item.Length);
        Assert.Equal(log.NextOrdinal, feed.NextOrdinal);

        var catalog = new ItemCatalog(1_000);
        var followed = new Recs.Engine.Retrieval.ItemCounters();
        followed.Add(new MemoryStream(snapshot.Counters), catalog);
        for (var i = 0; i < feed.Item.Length; i++)
            followed.Count(catalog.Intern(feed.ItemIds[feed.Item[i]]), (InteractionType)feed.Type[i], feed.AtMs[i]);
        var whole = new Recs.Engine.Retrieval.ItemCounters();
        whole.Load(new MemoryStream(log.Counters().Counters), catalog);
        for (var item = 0; item < catalog.Count; item++)
            Assert.Equal(whole.Baseline(item, whole.NewestMs), followed.Baseline(item, whole.NewestMs), 1e-9);
    }

    [Fact]
    public async Task A_forgotten_user_leaves_nothing_and_begins_anew()
    {
        await using var log = Open();
        await log.AppendAsync([Frame("gone", 1, 2), Frame("kept", 1), Merge("gone", 3)]);
        await log.AppendImpressionsAsync([Impression("gone"), Impression("kept")]);
        var erasure = await log.EraseAsync(["gone"]);
        Assert.Equal((3L, 1L, 0L), (erasure.EventsRemoved, erasure.ImpressionsRemoved, erasure.Remaining));
        Assert.Equal(1L, log.Events);
        await log.AppendAsync([Frame("gone", 1)]);
        Assert.Equal(["kept1", "gone1"], Kept());
    }

    [Fact]
    public async Task A_second_process_cannot_write_beside_the_first()
    {
        await using var log = Open();
        var refusal = Assert.Throws<RecommenderException>(() => Open());
        Assert.Equal(RefusalKind.Overloaded, refusal.Kind);
    }

    private LogPartition Open() => LogPartition.Open(_folder, 0, new SegmentedLogOptions(), new SegmentedLogOptions(), NullLogger.Instance);

    private List<string> Kept()
    {
        var kept = new List<string>();
        foreach (var record in SegmentedLog.ReadFolder(DataFolder.Events(_folder, 0)))
        {
            switch (LogEntryCodec.Decode(record.Payload.Span))
            {
                case LogEntry.Events events:
                    kept.AddRange(events.Accepted.Select(e => $"{e.UserId}{e.Sequence}"));
                    break;
                case LogEntry.Merge merge:
                    kept.Add($"{merge.TargetId}<{merge.GuestId}{merge.Sequence}");
                    break;
            }
        }

        return kept;
    }

    private static byte[] Frame(string user, params long[] sequences) => LogEntryCodec.Encode(new LogEntry.Events(
        [.. sequences.Select(s => new LoggedEvent { UserId = user, ItemId = $"i{s}", Sequence = s, Type = InteractionType.Click, AtMs = 1_700_000_000_000 + s })]));

    private static byte[] Merge(string target, long sequence) => LogEntryCodec.Encode(new LogEntry.Merge("g", target, sequence, new byte[3]));

    private static byte[] Impression(string user) => ImpressionCodec.Encode(new ImpressionRecord
    {
        RequestId = "r",
        UserId = user,
        Sequence = 1,
        AtMs = 1,
        ModelVersion = null,
        CatalogVersion = 1,
        Surface = "home",
        Candidates = 1,
        Degraded = [],
        Shown = [],
    });
}
