using NSubstitute;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Recs.Cluster.Tests.Client;

public sealed class ClusterEventTests : IDisposable
{
    private readonly FakeCluster _cluster = new();
    private readonly List<Interaction[]> _sent = [];

    public static TheoryData<Exception> LostCalls() =>
    [
        new SiloUnavailableException("The silo is gone."),
        new ConnectionFailedException("No connection."),
        new GatewayTooBusyException(),
        new TimeoutException("No answer."),
    ];

    [Fact]
    public async Task Events_of_one_user_go_straight_to_that_user()
    {
        AnnAnswers(FakeCluster.Accepted);

        var receipt = await _cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 3));

        Assert.Equal(3, receipt.Accepted);
        Assert.Equal(3, Assert.Single(_sent).Length);
        await _cluster.Intake.DidNotReceiveWithAnyArgs().ObserveAsync(default!);
    }

    [Fact]
    public async Task Events_of_several_users_go_through_the_intake()
    {
        IntakeAnswers(FakeCluster.Accepted);

        var receipt = await _cluster.Recommender.ObserveAsync([FakeCluster.Event("ann"), FakeCluster.Event("bob")]);

        Assert.Equal(2, receipt.Accepted);
        await _cluster.Ann.DidNotReceiveWithAnyArgs().ObserveAsync(default!);
    }

    [Fact]
    public async Task A_batch_that_names_nobody_legal_goes_where_it_is_refused_with_its_place()
    {
        IntakeAnswers(_ => throw new RefusalException(RecommenderException.Invalid("userId", " ", IdRules.Legal, 0)));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(
            async () => await _cluster.Recommender.ObserveAsync([FakeCluster.Event(" "), null!]));

        Assert.Equal((RefusalKind.Invalid, "userId", 0), (refusal.Kind, refusal.Field, refusal.Index));
        Assert.Null(Assert.Single(_sent)[1]);
    }

    [Fact]
    public async Task An_import_goes_to_its_source_with_its_rows_and_without_made_up_ids()
    {
        var source = Substitute.For<IImportGrain>();
        _cluster.Grains.GetGrain<IImportGrain>("file-1").Returns(source);
        source.ObserveAsync(Arg.Any<IReadOnlyList<Interaction>>(), 40).Returns(new Receipt(1, 1, new Dictionary<string, long>()));

        var receipt = await _cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 2), new ImportRows("file-1", 40));

        Assert.Equal((1, 1), (receipt.Accepted, receipt.Duplicates));
        await source.Received(1).ObserveAsync(Arg.Is<IReadOnlyList<Interaction>>(rows => rows!.All(e => e.EventId == null)), 40);
    }

    [Theory]
    [InlineData(0, RefusalKind.Invalid)]
    [InlineData(Limits.MaxEventsPerBatch + 1, RefusalKind.TooLarge)]
    public async Task A_batch_out_of_bounds_is_refused_before_any_call(int count, RefusalKind kind)
    {
        var refusal = await Assert.ThrowsAsync<RecommenderException>(
            async () => await _cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", count)));

        Assert.Equal(kind, refusal.Kind);
        Assert.Empty(_cluster.Grains.ReceivedCalls());
    }

    [Theory]
    [MemberData(nameof(LostCalls))]
    public async Task A_lost_call_is_made_again_with_the_same_ids(Exception lost)
    {
        AnnAnswers(_ => throw lost, _ => throw lost, FakeCluster.Accepted);

        await _cluster.EndOf(_cluster.Recommender.ObserveAsync([FakeCluster.Event("ann"), FakeCluster.Event("ann", "mine"), FakeCluster.Event("ann")]));

        Assert.Equal(3, _sent.Count);
        Assert.Equal(_sent[0].Select(e => e.EventId), _sent[1].Select(e => e.EventId));
        Assert.Equal(_sent[0].Select(e => e.EventId), _sent[2].Select(e => e.EventId));
        Assert.Equal("mine", _sent[0][1].EventId);
        Assert.Equal(3, _sent[0].Select(e => e.EventId).Distinct().Count());
        Assert.All(_sent[0], e => IdRules.Check("eventId", e.EventId));
    }

    [Fact]
    public async Task The_caller_may_change_its_list_meanwhile()
    {
        var events = FakeCluster.Events("ann", 2).ToList();
        AnnAnswers(_ => throw new TimeoutException(), FakeCluster.Accepted);

        var call = _cluster.Recommender.ObserveAsync(events);
        events.Clear();
        await _cluster.EndOf(call);

        Assert.Equal([2, 2], _sent.Select(batch => batch.Length));
    }

    [Fact]
    public async Task An_attempt_without_an_answer_counts_as_lost_after_its_time()
    {
        var never = new TaskCompletionSource<Receipt>();
        _cluster.Ann.ObserveAsync(Arg.Any<IReadOnlyList<Interaction>>())
            .Returns(_ => never.Task, _ => Task.FromResult(new Receipt(0, 2, new Dictionary<string, long> { ["ann"] = 7 })));
        var began = _cluster.Time.GetUtcNow();

        var receipt = await _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 2)));

        // The first attempt did record them: their ids are new with this call.
        Assert.Equal((2, 0, 7), (receipt.Accepted, receipt.Duplicates, receipt.Sequences["ann"]));
        Assert.True(_cluster.Time.GetUtcNow() - began >= _cluster.Options.AttemptTimeout);
    }

    [Fact]
    public async Task Attempts_end_at_their_bound_and_what_became_of_nameless_events_is_said_to_be_unknown()
    {
        AnnAnswers(_ => throw new SiloUnavailableException("The silo is gone."));

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 2))));

        Assert.Equal(_cluster.Options.MaxAttempts, _sent.Count);
    }

    [Fact]
    public async Task Events_with_ids_of_the_callers_own_may_be_sent_again_and_the_failure_says_so()
    {
        AnnAnswers(_ => throw new SiloUnavailableException("The silo is gone."));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(
            () => _cluster.EndOf(_cluster.Recommender.ObserveAsync([FakeCluster.Event("ann", "mine")])));

        Assert.Equal((RefusalKind.Overloaded, TimeSpan.FromSeconds(1)), (refusal.Kind, refusal.RetryAfter));
    }

    [Fact]
    public async Task A_refusal_after_a_lost_attempt_does_not_say_that_nothing_changed()
    {
        var full = FakeCluster.Refusal(RefusalKind.StorageFull);
        AnnAnswers(_ => throw new TimeoutException(), _ => throw full);

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 1))));
    }

    [Fact]
    public async Task A_refusal_of_what_was_sent_is_not_tried_again_and_arrives_whole()
    {
        AnnAnswers(_ => throw new RefusalException(RecommenderException.Invalid("weight", -1.0, "above 0, at most 100", 1)));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(
            async () => await _cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 2)));

        Assert.Equal((RefusalKind.Invalid, "weight", "-1", "above 0, at most 100", 1), (refusal.Kind, refusal.Field, refusal.Value, refusal.Legal, refusal.Index));
        Assert.Single(_sent);
    }

    [Theory]
    [InlineData(RefusalKind.NotReady)]
    [InlineData(RefusalKind.Overloaded)]
    public async Task A_refusal_that_says_when_to_come_again_is_waited_out(RefusalKind kind)
    {
        var pause = TimeSpan.FromMilliseconds(1_500);
        var began = _cluster.Time.GetUtcNow();
        AnnAnswers(_ => throw FakeCluster.Refusal(kind, pause), FakeCluster.Accepted);

        await _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 1)));

        Assert.Equal(2, _sent.Count);
        Assert.True(_cluster.Time.GetUtcNow() - began >= pause);
    }

    [Fact]
    public async Task A_batch_beyond_what_the_cluster_remembers_is_never_sent_again_when_its_fate_is_unknown()
    {
        AnnAnswers(_ => throw new TimeoutException(), FakeCluster.Accepted);

        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 129))));

        Assert.Single(_sent);
    }

    [Fact]
    public async Task Such_a_batch_of_one_user_is_sent_again_after_a_refusal_because_that_changed_nothing()
    {
        AnnAnswers(_ => throw FakeCluster.Refusal(RefusalKind.NotReady, TimeSpan.FromSeconds(1)), FakeCluster.Accepted);

        var receipt = await _cluster.EndOf(_cluster.Recommender.ObserveAsync(FakeCluster.Events("ann", 129)));

        Assert.Equal(129, receipt.Accepted);
    }

    [Fact]
    public async Task Such_a_batch_of_several_users_is_not_because_a_part_may_be_recorded()
    {
        IntakeAnswers(_ => throw FakeCluster.Refusal(RefusalKind.NotReady, TimeSpan.FromSeconds(1)), FakeCluster.Accepted);

        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => _cluster.EndOf(_cluster.Recommender.ObserveAsync([.. FakeCluster.Events("ann", 129), FakeCluster.Event("bob")])));

        Assert.Single(_sent);
    }

    public void Dispose() => _cluster.Dispose();

    /// <summary>The answers in order, the last one from then on.</summary>
    private void AnnAnswers(params Func<IReadOnlyList<Interaction>, Receipt>[] answers) =>
        _cluster.Ann.ObserveAsync(Arg.Any<IReadOnlyList<Interaction>>()).Returns(call => Answer(call.Arg<IReadOnlyList<Interaction>>(), answers));

    private void IntakeAnswers(params Func<IReadOnlyList<Interaction>, Receipt>[] answers) =>
        _cluster.Intake.ObserveAsync(Arg.Any<IReadOnlyList<Interaction>>()).Returns(call => Answer(call.Arg<IReadOnlyList<Interaction>>(), answers));

    private Task<Receipt> Answer(IReadOnlyList<Interaction> events, Func<IReadOnlyList<Interaction>, Receipt>[] answers)
    {
        _sent.Add([.. events]);
        try
        {
            return Task.FromResult(answers[Math.Min(_sent.Count, answers.Length) - 1](events));
        }
        catch (Exception e)
        {
            return Task.FromException<Receipt>(e);
        }
    }
}
