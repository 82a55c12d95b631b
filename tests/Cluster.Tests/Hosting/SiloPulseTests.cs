using Recs.Grains.Silo;

namespace Recs.Cluster.Tests.Hosting;

public sealed class SiloPulseTests
{
    [Fact]
    public void Nothing_is_refused_while_it_beats_or_falters()
    {
        var time = new Beats();
        using var pulse = new SiloPulse(time);
        pulse.Start();
        for (var beat = 0; beat < 100; beat++)
        {
            time.Pass(SiloPulse.Longest, beats: false);
            pulse.Check();
            time.Pass(SiloPulse.Longest, beats: true);
            pulse.Check();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_it_stood_still_it_takes_nothing_in_for_a_moment(bool beatsFirst)
    {
        var time = new Beats();
        using var pulse = new SiloPulse(time);
        pulse.Start();
        time.Pass(SiloPulse.Longest + TimeSpan.FromMilliseconds(1), beats: beatsFirst);

        var refusal = Assert.Throws<RecommenderException>(pulse.Check);
        Assert.Equal((RefusalKind.Overloaded, SiloPulse.Settling), (refusal.Kind, refusal.RetryAfter));
        time.Pass(SiloPulse.Settling / 2, beats: true);
        Assert.Throws<RecommenderException>(pulse.Check);
        time.Pass(SiloPulse.Settling / 2, beats: true);
        pulse.Check();
    }

    /// <summary>A clock that is moved by hand, with a timer that beats when it is told to.</summary>
    private sealed class Beats : TimeProvider, ITimer
    {
        private TimerCallback? _beat;
        private object? _state;
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_beat, _state) = (callback, state);
            return this;
        }

        public void Pass(TimeSpan time, bool beats)
        {
            _now += time.Ticks;
            if (beats)
                _beat!(_state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
