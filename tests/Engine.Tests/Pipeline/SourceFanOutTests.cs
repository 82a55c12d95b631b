using Microsoft.Extensions.Logging.Abstractions;

namespace Recs.Engine.Tests.Pipeline;

public sealed class SourceFanOutTests
{
    [Fact]
    public async Task A_source_that_never_ends_is_left_out_and_named()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var stuck = new Source("stuck", async (_, _) => await new TaskCompletionSource().Task);
        var quick = new Source("quick", (list, _) =>
        {
            list.Add(7, 1);
            return Task.CompletedTask;
        });
        var result = await FanOut(stuck, quick).RunAsync(Context(), deadline.Token);
        Assert.Equal([true, false], result.Outcomes.Select(o => o.Late));
        Assert.False(result.AllEnded);
        Assert.Equal(7, Assert.Single(result.Outcomes[1].Candidates!.Span.ToArray()).Item);
    }

    [Fact]
    public async Task A_source_that_throws_costs_only_itself()
    {
        var broken = new Source("broken", (_, _) => throw new InvalidOperationException("boom"));
        var quick = new Source("quick", (_, _) => Task.CompletedTask);
        var result = await FanOut(broken, quick).RunAsync(Context(), CancellationToken.None);
        Assert.Equal([true, false], result.Outcomes.Select(o => o.Late));
        Assert.True(result.AllEnded);
    }

    [Fact]
    public async Task Quick_sources_share_a_task_until_one_of_them_hangs()
    {
        var hangs = false;
        Source Quick(string name) => new(name, (list, _) =>
        {
            list.Add(name[0], 1);
            return Task.CompletedTask;
        });
        var moody = new Source("m", (list, _) => hangs ? new TaskCompletionSource().Task : Task.CompletedTask);
        // A clock that stands still: every source takes no time at all.
        var fanOut = new SourceFanOut([Quick("a"), moody, Quick("b")], new ManualTime(DateTimeOffset.UnixEpoch), NullLogger.Instance);
        for (var page = 0; page < 20; page++)
        {
            var all = await fanOut.RunAsync(Context(), CancellationToken.None);
            Assert.Equal([false, false, false], all.Outcomes.Select(o => o.Late));
            Assert.Equal('b', Assert.Single(all.Outcomes[2].Candidates!.Span.ToArray()).Item);
        }

        hangs = true;
        using var first = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Assert.Equal([false, true, true], (await fanOut.RunAsync(Context(), first.Token)).Outcomes.Select(o => o.Late));
        using var second = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        Assert.Equal([false, true, false], (await fanOut.RunAsync(Context(), second.Token)).Outcomes.Select(o => o.Late));
    }

    [Fact]
    public async Task A_ready_source_that_has_proved_quick_runs_on_the_pages_own_thread()
    {
        var threads = new List<int>();
        var local = new Source("local", (list, _) =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            list.Add(1, 1);
            return Task.CompletedTask;
        }, () => true);
        var fanOut = new SourceFanOut([local], new ManualTime(DateTimeOffset.UnixEpoch), NullLogger.Instance);
        for (var page = 0; page < 16; page++)
            Assert.False((await fanOut.RunAsync(Context(), CancellationToken.None)).Outcomes[0].Late);

        var own = Task.Run(() =>
        {
            threads.Clear();
            var page = fanOut.RunAsync(Context(), CancellationToken.None);
            // No thread was changed: the answer is there on return.
            return (page.IsCompletedSuccessfully, Same: threads.SequenceEqual([Environment.CurrentManagedThreadId]));
        });
        Assert.Equal((true, true), await own);
    }

    [Fact]
    public async Task A_source_that_has_something_to_make_first_is_not_waited_for_however_quick_it_was()
    {
        var ready = true;
        var moody = new Source("moody", (_, _) => ready ? Task.CompletedTask : new TaskCompletionSource().Task, () => ready);
        var fanOut = new SourceFanOut([moody], new ManualTime(DateTimeOffset.UnixEpoch), NullLogger.Instance);
        for (var page = 0; page < 20; page++)
            Assert.False((await fanOut.RunAsync(Context(), CancellationToken.None)).Outcomes[0].Late);
        ready = false;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var late = await fanOut.RunAsync(Context(), deadline.Token);
        Assert.True(late.Outcomes[0].Late);
        Assert.False(late.AllEnded);
    }

    [Fact]
    public async Task A_source_that_fails_to_say_whether_it_is_ready_still_answers()
    {
        var source = new Source("odd", (_, _) => Task.CompletedTask, () => throw new InvalidOperationException("boom"));
        var fanOut = new SourceFanOut([source], new ManualTime(DateTimeOffset.UnixEpoch), NullLogger.Instance);
        for (var page = 0; page < 20; page++)
            Assert.False((await fanOut.RunAsync(Context(), CancellationToken.None)).Outcomes[0].Late);
    }

    [Fact]
    public async Task A_page_out_of_time_does_not_begin_the_sources_that_it_would_run_itself()
    {
        var calls = 0;
        var local = new Source("local", (_, _) =>
        {
            calls++;
            return Task.CompletedTask;
        }, () => true);
        var fanOut = new SourceFanOut([local], new ManualTime(DateTimeOffset.UnixEpoch), NullLogger.Instance);
        for (var page = 0; page < 16; page++)
            await fanOut.RunAsync(Context(), CancellationToken.None);
        var late = await fanOut.RunAsync(Context(), new CancellationToken(canceled: true));
        Assert.True(late.Outcomes[0].Late);
        Assert.Equal(16, calls);
    }

    private static SourceFanOut FanOut(params ICandidateSource[] sources) => new(sources, TimeProvider.System, NullLogger.Instance);

    private static RetrievalContext Context() => new()
    {
        Session = UserSession.Empty("u"),
        Model = null,
        UserVector = null,
        Eligible = new ItemMask(),
        EligibleCount = 0,
        NowMs = 0,
        Limit = 10,
    };

    private sealed class Source(string name, Func<CandidateList, CancellationToken, Task> work, Func<bool>? isReady = null) : ICandidateSource
    {
        public string Name => name;

        public bool IsReady(RetrievalContext context) => isReady?.Invoke() ?? false;

        public async ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken) =>
            await work(candidates, cancellationToken);
    }
}
