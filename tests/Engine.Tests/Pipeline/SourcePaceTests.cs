using Recs.Engine.Pipeline;

namespace Recs.Engine.Tests.Pipeline;

public sealed class SourcePaceTests
{
    private static readonly TimeSpan Quick = TimeSpan.FromMicroseconds(60), Slow = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void Nobody_knows_before_there_were_enough_runs()
    {
        var pace = new SourcePace();
        Took(pace, Quick, 15);
        Assert.Null(pace.Expected);

        Took(pace, Quick, 1);
        Assert.Equal(Quick, pace.Expected);
        pace.Forget();
        Assert.Null(pace.Expected);
    }

    [Fact]
    public void A_thread_that_is_kept_waiting_now_and_then_makes_no_slow_source()
    {
        var pace = new SourcePace();
        for (var round = 0; round < 100; round++)
        {
            Took(pace, Quick, 9);
            Took(pace, Slow, 1);
        }

        Assert.InRange(pace.Expected!.Value, Quick, 1.5 * Quick);
    }

    [Fact]
    public void A_source_that_becomes_slow_is_known_to_be_within_a_hundred_runs_and_one_that_becomes_quick_as_well()
    {
        var pace = new SourcePace();
        Took(pace, Quick, 100);
        Took(pace, Slow, 100);
        Assert.InRange(pace.Expected!.Value, Slow / 2, Slow);

        Took(pace, Quick, 200);
        Assert.InRange(pace.Expected!.Value, Quick, 2 * Quick);
    }

    [Fact]
    public void A_source_that_took_nothing_can_come_to_take_something()
    {
        var pace = new SourcePace();
        Took(pace, TimeSpan.Zero, 100);
        Took(pace, Slow, 200);
        Assert.InRange(pace.Expected!.Value, Slow / 2, Slow);
    }

    private static void Took(SourcePace pace, TimeSpan time, int runs)
    {
        for (var run = 0; run < runs; run++)
            pace.Took(time);
    }
}
