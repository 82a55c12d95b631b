using System.Net;
using Recs.Grains;
using Recs.Grains.Placement;
using Recs.Grains.Silo;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>Which replica of a shard may leave a silo, worked out for three silos; replica r of shard 0 belongs on silo r.</summary>
public sealed class ShardMoveTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(0, 3).Select(i => SiloAddress.New(IPAddress.Loopback, 11111 + i, 1))];

    [Fact]
    public void A_replica_where_it_belongs_stays() =>
        Assert.False(MayMove(0, Replica(silo: 0, "m1"), Replica(silo: 1, "m1")));

    [Fact]
    public void A_misplaced_replica_moves_while_the_other_is_in_its_place_with_the_same_model() =>
        Assert.True(MayMove(1, Replica(silo: 0, "m1"), Replica(silo: 0, "m0", "m1")));

    [Fact]
    public void It_stays_while_the_other_does_not_answer() =>
        Assert.False(MayMove(1, null, Replica(silo: 0, "m1")));

    [Theory]
    [InlineData]
    [InlineData("m2")]
    public void It_stays_while_the_other_has_none_of_its_models(params string[] models) =>
        Assert.False(MayMove(1, Replica(silo: 0, models), Replica(silo: 0, "m1")));

    [Fact]
    public void Of_two_that_are_misplaced_the_first_moves_and_the_second_waits()
    {
        ShardHealth?[] replicas = [Replica(silo: 2, "m1"), Replica(silo: 2, "m1")];
        Assert.True(MayMove(0, replicas));
        Assert.False(MayMove(1, replicas));
    }

    [Fact]
    public void One_that_holds_nothing_moves_whatever_the_other_does()
    {
        Assert.True(MayMove(1, Replica(silo: 0), Replica(silo: 0)));
        Assert.True(MayMove(1, null, Replica(silo: 0)));
    }

    [Fact]
    public void The_only_replica_of_a_shard_stays_with_its_model_and_moves_without() =>
        Assert.Equal((false, true), (MayMove(0, Replica(silo: 1, "m1")), MayMove(0, Replica(silo: 1))));

    /// <summary>Another shard's replicas say nothing of this one's, nor another space's.</summary>
    [Fact]
    public void Only_the_replicas_of_the_same_shard_stand_in()
    {
        var key = Key(0);
        var alone = new Dictionary<ShardKey, ShardHealth?>
        {
            [key] = Replica(silo: 1, "m1"),
            [key with { Shard = 1, Replica = 1 }] = Replica(silo: 2, "m1"),
            [key with { Space = "other", Replica = 1 }] = Replica(silo: 1, "m1"),
        };
        Assert.False(ClusterKeeper.MayMove(key, alone[key]!, alone, Silos));
    }

    private static bool MayMove(int replica, params ShardHealth?[] replicas) => ClusterKeeper.MayMove(
        Key(replica), replicas[replica]!, replicas.Select((health, r) => (health, r)).ToDictionary(p => Key(p.r), p => p.health), Silos);

    private static ShardKey Key(int replica) => new(ClusterNames.Behaviour, 0, replica);

    private static ShardHealth Replica(int silo, params string[] models) => new()
    {
        // The order of addresses is Orleans's.
        Silo = SpreadPlacementDirector.Ideal(silo, Silos).ToParsableString(),
        Models = models,
        Vectors = 0,
        Bytes = 0,
    };
}
