using Orleans.Providers.Streams.Common;
using Recs.Grains.Users;

namespace Recs.Cluster.Tests.Users;

public sealed class StreamPositionTests
{
    [Fact]
    public void What_was_taken_is_a_repeat_however_long_ago_it_was()
    {
        var position = new StreamPosition();
        for (var entry = 1; entry <= 1_000; entry++)
            position.Take(new EventSequenceTokenV2(entry, 2));

        Assert.True(position.IsTaken(new EventSequenceTokenV2(1, 0)));
        Assert.True(position.IsTaken(new EventSequenceTokenV2(1_000, 2)));
        Assert.False(position.IsTaken(new EventSequenceTokenV2(1_000, 3)));
        Assert.False(position.IsTaken(new EventSequenceTokenV2(1_001, 0)));
    }

    [Fact]
    public void Two_deliverers_do_not_move_it_back()
    {
        var position = new StreamPosition();
        position.Take(new EventSequenceTokenV2(20, 0));
        position.Take(new EventSequenceTokenV2(7, 0));

        Assert.True(position.IsTaken(new EventSequenceTokenV2(15, 0)));
    }

    [Fact]
    public void Nothing_is_a_repeat_for_one_that_knows_nothing()
    {
        var position = new StreamPosition();
        Assert.False(position.IsTaken(new EventSequenceTokenV2(1, 0)));

        position.Take(null);
        Assert.False(position.IsTaken(new EventSequenceTokenV2(1, 0)));

        position.Take(new EventSequenceTokenV2(1, 0));
        Assert.False(position.IsTaken(null));
    }
}
