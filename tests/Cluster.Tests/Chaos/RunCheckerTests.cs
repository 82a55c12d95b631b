using System.Globalization;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>The judge is judged: a run as it should be breaks no rule, and one that was broken on purpose is caught.</summary>
public sealed class RunCheckerTests
{
    private static readonly RunBounds Bounds = new()
    {
        PageGrace = TimeSpan.FromMilliseconds(500),
        ShardSilence = TimeSpan.FromSeconds(2),
        ReplicasBack = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public void A_run_as_it_should_be_breaks_no_rule() => Assert.Empty(RunChecker.Check(Run(), Bounds));

    [Fact]
    public void Events_of_unknown_fate_may_be_there_or_not()
    {
        var run = Run();
        run.Unacknowledged.Add(("ann", "ann:4"));
        Assert.Empty(RunChecker.Check(run, Bounds));
        run.Ends[0] = new UserEnd("ann", 5, [.. run.Ends[0].Log, (5, "ann:4")]);
        Assert.Empty(RunChecker.Check(run, Bounds));
    }

    [Fact]
    public void An_event_lost_from_the_log_is_caught()
    {
        var run = Run();
        run.Ends[0] = new UserEnd("ann", 4, [.. run.Ends[0].Log.Take(3)]);
        Broken(run, "its sequence is 4, and the log has 3", "event ann:3 was acknowledged and is not in the log");
    }

    [Fact]
    public void An_event_lost_from_its_user_is_caught()
    {
        var run = Run();
        run.Ends[0] = run.Ends[0] with { Sequence = 3 };
        Broken(run, "4 events acknowledged, 0 unknown, and its sequence is 3", "its sequence is 3, and the log has 4");
    }

    [Fact]
    public void An_event_in_the_log_twice_is_caught()
    {
        var run = Run();
        run.Ends[0] = new UserEnd("ann", 4, [.. run.Ends[0].Log, (4, "ann:3")]);
        Broken(run, "its sequence is 4, and the log has 5", "event ann:3 is in the log 2 times", "the log's event number 5 has sequence 4");
    }

    [Fact]
    public void An_event_applied_twice_is_caught()
    {
        var run = Run();
        run.Ends[0] = new UserEnd("ann", 5, [.. run.Ends[0].Log, (5, "ann:3")]);
        Broken(run, "4 events acknowledged, 0 unknown, and its sequence is 5", "event ann:3 is in the log 2 times");
    }

    [Fact]
    public void An_event_that_nobody_sent_is_caught()
    {
        var run = Run();
        run.Ends[0] = new UserEnd("ann", 5, [.. run.Ends[0].Log, (5, "bob:9")]);
        Broken(run, "and its sequence is 5", "event bob:9 is in the log, and nobody sent it");
    }

    [Fact]
    public void A_sequence_given_twice_is_caught()
    {
        var run = Run();
        run.Acknowledged[1] = run.Acknowledged[1] with { Sequence = 2 };
        Broken(run, "a receipt says 2 after one that said 2");
    }

    [Fact]
    public void A_sequence_that_skips_is_caught()
    {
        var run = Run();
        run.Acknowledged[1] = run.Acknowledged[1] with { Sequence = 6 };
        Broken(run, "2 events took the sequence from 2 to 6");
    }

    [Fact]
    public void A_user_whose_end_nobody_saw_is_caught()
    {
        var run = Run();
        run.Ends.Clear();
        Broken(run, "nobody looked what became of it");
    }

    [Fact]
    public void Pages_that_fail_come_late_or_hide_an_old_state_are_caught()
    {
        var run = Run();
        var page = run.Pages[0];
        run.Pages.Add(page with { Problem = "no answer" });
        run.Pages.Add(page with { Took = TimeSpan.FromMilliseconds(601) });
        run.Pages.Add(page with { Sequence = 1 });
        run.Pages.Add(page with { Sequence = 1, Degraded = ["session"] });
        Broken(run, "no page at 00:01.000: no answer", "took 601 ms; its deadline was 100 ms", "a page after 2 was made at 1");
    }

    [Fact]
    public void A_shard_without_an_answer_is_caught()
    {
        var run = Run();
        run.Looks.RemoveAll(l => l.Shard == 1 && l.At > TimeSpan.FromSeconds(3) && l.At < TimeSpan.FromSeconds(6));
        Broken(run, "shard 1: no replica answered for 3.0 s, until 00:06.000");
        // One replica is enough.
        run = Run();
        run.Looks.RemoveAll(l => l is { Shard: 1, Replica: 0 } && l.At > TimeSpan.FromSeconds(3) && l.At < TimeSpan.FromSeconds(6));
        Assert.Empty(RunChecker.Check(run, Bounds));
    }

    [Fact]
    public void A_replica_that_stays_away_is_caught()
    {
        // The dead silo answering does not count, nor does a replica without a model.
        var run = Run();
        run.Looks.RemoveAll(l => l is { Shard: 0, Replica: 1 } && l.At > TimeSpan.FromSeconds(5));
        run.Looks.Add(new ShardLook(TimeSpan.FromSeconds(9), 0, 1, "127.0.0.1:1@1", Ready: true));
        run.Looks.Add(new ShardLook(TimeSpan.FromSeconds(10), 0, 1, "127.0.0.1:2@1", Ready: false));
        Broken(run, "dead at 00:05.000, were never back");
        run.Looks.Add(new ShardLook(TimeSpan.FromSeconds(16), 0, 1, "127.0.0.1:2@1", Ready: true));
        Broken(run, "were back after 11.0 s");
        run.Looks.Add(new ShardLook(TimeSpan.FromSeconds(14), 0, 1, "127.0.0.1:2@1", Ready: true));
        Assert.Empty(RunChecker.Check(run, Bounds));
        Assert.Equal([TimeSpan.FromSeconds(9)], RunChecker.RecoveryTimes(run));
    }

    private static void Broken(RunHistory run, params string[] expected)
    {
        var found = RunChecker.Check(run, Bounds);
        Assert.Equal(expected.Length, found.Count);
        foreach (var (rule, line) in expected.Zip(found))
            Assert.Contains(rule, line, StringComparison.Ordinal);
    }

    // One user with two batches of two, one page, and two shards of two replicas that are looked at every second for 20 s;
    // the silo at port 1 is dead at the fifth and has nothing from the sixth on.
    private static RunHistory Run()
    {
        var run = new RunHistory
        {
            Acknowledged = [new(TimeSpan.FromSeconds(1), "ann", ["ann:0", "ann:1"], 2), new(TimeSpan.FromSeconds(2), "ann", ["ann:2", "ann:3"], 4)],
            Pages = [new(TimeSpan.FromSeconds(1), "ann", 2, 2, [], TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100))],
            Ends = [new("ann", 4, [.. Enumerable.Range(0, 4).Select(n => ((long)n + 1, string.Create(CultureInfo.InvariantCulture, $"ann:{n}")))])],
            Deaths = [new(TimeSpan.FromSeconds(5), 1)],
        };
        for (var second = 0; second <= 20; second++)
        {
            for (var replica = 0; replica < 4; replica++)
            {
                var port = second <= 5 && replica == 1 ? 1 : 2 + replica % 2;
                run.Looks.Add(new ShardLook(TimeSpan.FromSeconds(second), replica / 2, replica % 2, $"127.0.0.1:{port}@1", Ready: true));
            }
        }

        return run;
    }
}
