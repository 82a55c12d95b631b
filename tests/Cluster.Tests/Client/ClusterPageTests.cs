using NSubstitute;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Recs.Cluster.Tests.Client;

public sealed class ClusterPageTests : IDisposable
{
    private static readonly PageRequest ForAnn = new() { UserId = "ann" };

    private readonly FakeCluster _cluster = new();
    private readonly TaskCompletionSource<Page> _own = new();
    private readonly TaskCompletionSource<Page> _lesser = new();
    private readonly TaskCompletionSource _lesserAsked = new();
    private PageRequest? _sentToAnn;
    private PageRequest? _sentToAnybody;
    private int _timesAsked;

    public ClusterPageTests()
    {
        _cluster.Ann.RecommendAsync(Arg.Do<PageRequest>(r => _sentToAnn = r)).Returns(_ => _own.Task);
        _cluster.Pages.RecommendWithoutSessionAsync(Arg.Do<PageRequest>(r => _sentToAnybody = r)).Returns(_ =>
        {
            _timesAsked++;
            _lesserAsked.TrySetResult();
            return _lesser.Task;
        });
    }

    [Fact]
    public async Task The_users_grain_makes_the_page_in_its_share_of_the_deadline()
    {
        _own.SetResult(FakeCluster.Page("own"));

        var page = await _cluster.Recommender.RecommendAsync(ForAnn with { Count = 7, After = 3 });

        Assert.Equal("own", page.RequestId);
        // 100 ms by default, 60 % of it for the grain, a tenth of that for the way.
        Assert.Equal(ForAnn with { Count = 7, After = 3, Deadline = TimeSpan.FromMilliseconds(54) }, _sentToAnn);
        Assert.Null(_sentToAnybody);
    }

    [Fact]
    public async Task A_late_user_gets_a_page_without_its_session_in_the_time_that_is_left()
    {
        _lesser.SetResult(FakeCluster.Page("lesser", "als"));

        var call = _cluster.Recommender.RecommendAsync(ForAnn with { Deadline = TimeSpan.FromMilliseconds(200) }).AsTask();
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(119));
        Assert.Null(_sentToAnybody);
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
        var page = await call;

        Assert.Equal(("lesser", "ann"), (page.RequestId, page.UserId));
        Assert.Equal(["als", "session"], page.Degraded);
        Assert.Equal(TimeSpan.FromMilliseconds(72), _sentToAnybody!.Deadline);
    }

    [Fact]
    public async Task A_page_that_says_so_itself_is_not_marked_twice()
    {
        _own.SetException(new TimeoutException());
        _lesser.SetResult(FakeCluster.Page("lesser", "session"));

        Assert.Equal(["session"], (await _cluster.Recommender.RecommendAsync(ForAnn)).Degraded);
    }

    [Theory]
    [MemberData(nameof(ClusterEventTests.LostCalls), MemberType = typeof(ClusterEventTests))]
    public async Task A_lost_call_is_not_waited_for(Exception lost)
    {
        _own.SetException(lost);
        _lesser.SetResult(FakeCluster.Page("lesser"));

        Assert.Equal("lesser", (await _cluster.Recommender.RecommendAsync(ForAnn)).RequestId);
    }

    [Fact]
    public async Task A_silo_that_is_only_starting_is_not_waited_for()
    {
        _own.SetException(FakeCluster.Refusal(RefusalKind.NotReady, TimeSpan.FromSeconds(1)));
        _lesser.SetResult(FakeCluster.Page("lesser"));

        Assert.Equal("lesser", (await _cluster.Recommender.RecommendAsync(ForAnn)).RequestId);
    }

    [Theory]
    [InlineData(RefusalKind.Invalid)]
    [InlineData(RefusalKind.Overloaded)]
    public async Task A_refusal_is_an_answer_and_nobody_else_is_asked(RefusalKind kind)
    {
        _own.SetException(FakeCluster.Refusal(kind));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await _cluster.Recommender.RecommendAsync(ForAnn));

        Assert.Equal(kind, refusal.Kind);
        Assert.Null(_sentToAnybody);
    }

    [Fact]
    public async Task The_users_own_page_is_taken_when_it_comes_late_but_first()
    {
        var call = _cluster.Recommender.RecommendAsync(ForAnn).AsTask();
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(60));
        await _lesserAsked.Task;
        _own.SetResult(FakeCluster.Page("own"));

        var page = await call;

        Assert.Equal("own", page.RequestId);
        Assert.Empty(page.Degraded);
    }

    [Fact]
    public async Task A_page_a_little_past_its_deadline_is_worth_more_than_an_error()
    {
        var call = _cluster.Recommender.RecommendAsync(ForAnn).AsTask();
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(60));
        await _lesserAsked.Task;
        _cluster.Time.Advance(TimeSpan.FromMilliseconds(300));
        _lesser.SetResult(FakeCluster.Page("lesser"));

        Assert.Equal("lesser", (await call).RequestId);
    }

    [Fact]
    public async Task Another_silo_is_asked_when_one_is_silent()
    {
        var silent = new TaskCompletionSource<Page>();
        var asked = 0;
        _cluster.Pages.SimilarAsync(Arg.Any<SimilarRequest>()).Returns(_ => ++asked < 3 ? silent.Task : Task.FromResult(FakeCluster.Page("third")));

        var page = await _cluster.EndOf(_cluster.Recommender.SimilarAsync(new SimilarRequest { ItemId = "i1" }));

        Assert.Equal(("third", 3), (page.RequestId, asked));
    }

    [Fact]
    public async Task Silence_on_both_sides_ends_as_overloaded_once_the_grace_is_over()
    {
        var call = _cluster.Recommender.RecommendAsync(ForAnn);

        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => _cluster.EndOf(call));

        Assert.Equal((RefusalKind.Overloaded, TimeSpan.FromSeconds(1)), (refusal.Kind, refusal.RetryAfter));
        Assert.Equal(5, _timesAsked);
    }

    [Fact]
    public async Task Failure_on_both_sides_ends_as_overloaded_at_once()
    {
        _own.SetException(new SiloUnavailableException("The silo is gone."));
        _lesser.SetException(new ConnectionFailedException("No gateway."));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await _cluster.Recommender.RecommendAsync(ForAnn));

        Assert.Equal(RefusalKind.Overloaded, refusal.Kind);
        Assert.IsType<ConnectionFailedException>(refusal.InnerException);
    }

    [Fact]
    public async Task A_caller_who_leaves_is_let_go()
    {
        using var leaving = new CancellationTokenSource();
        var call = _cluster.Recommender.RecommendAsync(ForAnn, leaving.Token).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Null(_sentToAnybody);
    }

    [Fact]
    public async Task A_request_out_of_range_is_refused_before_any_call()
    {
        PageRequest[] bad = [ForAnn with { Count = 0 }, ForAnn with { UserId = "" }, ForAnn with { After = -1 }, ForAnn with { Deadline = TimeSpan.Zero }];
        foreach (var request in bad)
        {
            var here = await Assert.ThrowsAsync<RecommenderException>(async () => await _cluster.Recommender.RecommendAsync(request));
            var there = Assert.Throws<RecommenderException>(() => PageRules.Check(request));

            Assert.Equal((there.Kind, there.Field, there.Message), (here.Kind, here.Field, here.Message));
        }

        Assert.Empty(_cluster.Grains.ReceivedCalls());
    }

    [Fact]
    public async Task A_list_for_nobody_is_asked_of_any_silo_and_asked_again_when_lost()
    {
        _cluster.Pages.SimilarAsync(Arg.Any<SimilarRequest>()).Returns(
            _ => Task.FromException<Page>(new TimeoutException()), _ => Task.FromResult(FakeCluster.Page("second")));
        _cluster.Pages.TrendingAsync(Arg.Any<TrendingRequest>()).Returns(FakeCluster.Page("trending"));

        var similar = await _cluster.Recommender.SimilarAsync(new SimilarRequest { ItemId = "i1" });
        var trending = await _cluster.Recommender.TrendingAsync(new TrendingRequest());

        Assert.Equal(("second", null), (similar.RequestId, similar.UserId));
        Assert.Empty(similar.Degraded);
        Assert.Equal("trending", trending.RequestId);
    }

    [Fact]
    public async Task A_list_for_somebody_who_does_not_answer_says_that_the_session_is_missing()
    {
        _cluster.Ann.SimilarAsync(Arg.Any<SimilarRequest>()).Returns(Task.FromException<Page>(new TimeoutException()));
        _cluster.Pages.SimilarAsync(Arg.Any<SimilarRequest>()).Returns(FakeCluster.Page("lesser"));

        var page = await _cluster.Recommender.SimilarAsync(new SimilarRequest { ItemId = "i1", UserId = "ann" });

        Assert.Equal(("lesser", "ann"), (page.RequestId, page.UserId));
        Assert.Equal(["session"], page.Degraded);
    }

    public void Dispose() => _cluster.Dispose();
}
