using Orleans.Providers.Streams.Common;
using Recs.Grains.Users;

namespace Recs.Cluster.Tests.Users;

public sealed class StreamPositionTests
{
    private const int Window = 256;

    [Fact]
    public void What_is_too_old_for_event_ids_is_a_repeat_and_what_came_last_is_left_to_them()
    {
        // Two events an entry, 1,000 entries: 2,000 events.
        var position = new StreamPosition(Window);
        for (var entry = 1; entry <= 1_000; entry++)
        {
            Assert.False(position.IsRepeat(Token(entry, 0), 2 * (entry - 1)));
            position.Take(Token(entry, 1), 2 * entry);
        }

        // The last 256 events are those of the entries from 873 on; the last 96 of those from 953 on.
        for (var entry = 1; entry <= 872; entry++)
            Assert.True(position.IsRepeat(Token(entry, 1), 2_000), $"entry {entry}");
        for (var entry = 953; entry <= 1_001; entry++)
            Assert.False(position.IsRepeat(Token(entry, 0), 2_000), $"entry {entry}");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 3)]
    [InlineData(256, 128)]
    [InlineData(4_096, 1_000)]
    public void An_event_whose_id_is_forgotten_is_always_a_repeat_whatever_the_batches_were(int window, int largest)
    {
        var position = new StreamPosition(window);
        var random = new Random(7);
        var sequence = 0L;
        var taken = new List<(EventSequenceTokenV2 Token, long Sequence)>();
        for (var entry = 1; entry <= 500; entry++)
        {
            var events = random.Next(1, Math.Min(largest, position.Batch) + 1);
            for (var i = 0; i < events; i++)
                taken.Add((Token(entry, i), ++sequence));
            position.Take(taken[^1].Token, sequence);
            // Others are recorded that come by no stream.
            sequence += random.Next(3);

            var probe = taken[random.Next(taken.Count)];
            if (probe.Sequence <= sequence - window)
                Assert.True(position.IsRepeat(probe.Token, sequence), $"window {window}, entry {entry}, event {probe.Sequence} of {sequence}");
            Assert.False(position.IsRepeat(Token(entry + 1, 0), sequence));
        }
    }

    [Fact]
    public void Two_deliverers_do_not_move_it_back()
    {
        var position = new StreamPosition(Window);
        position.Take(Token(20, 0), 1);
        position.Take(Token(7, 0), 1);

        Assert.True(position.IsRepeat(Token(15, 0), 1_000));
        Assert.True(position.IsRepeat(Token(20, 0), 1_000));
        Assert.False(position.IsRepeat(Token(21, 0), 1_000));
    }

    [Fact]
    public void Nothing_is_a_repeat_for_one_that_knows_nothing()
    {
        var position = new StreamPosition(Window);
        Assert.False(position.IsRepeat(Token(1, 0), 1_000));

        position.Take(null, 1_000);
        Assert.False(position.IsRepeat(Token(1, 0), 2_000));

        position.Take(Token(1, 0), 2_000);
        Assert.False(position.IsRepeat(null, 9_000));
    }

    private static EventSequenceTokenV2 Token(long entry, int index) => new(entry, index);
}
