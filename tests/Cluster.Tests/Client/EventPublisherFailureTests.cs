using Orleans.Runtime;

namespace Recs.Cluster.Tests.Client;

/// <summary>Repeats, and what each event's caller is told.</summary>
public sealed class EventPublisherFailureTests
{
    private static readonly EventPublisherOptions Sized = new() { BatchSize = 8, MaxDelay = TimeSpan.FromSeconds(30), MaxAttempts = 4 };

    public static TheoryData<Exception> Passing() =>
    [
        new SiloUnavailableException("The silo is gone."),
        new TimeoutException("No answer."),
        FakeCluster.Refusal(RefusalKind.NotReady, TimeSpan.FromMilliseconds(20)),
        FakeCluster.Refusal(RefusalKind.Overloaded, TimeSpan.FromMilliseconds(20)),
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_passes_is_sent_again_with_the_same_ids(Exception problem)
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = (attempt, _) => attempt < 3 ? Task.FromException(problem) : Task.CompletedTask;
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        await Task.WhenAll(published);
        Assert.Equal(3, fake.Attempts.Length);
        var ids = fake.Attempts[0].Select(e => e.EventId).ToArray();
        Assert.Equal(8, ids.Distinct().Count(id => id is not null));
        Assert.All(fake.Attempts, attempt => Assert.Equal(ids, attempt.Select(e => e.EventId)));
    }

    [Fact]
    public async Task An_attempt_that_gets_no_answer_is_made_again_after_its_time()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = (attempt, _) => attempt == 1 ? new TaskCompletionSource().Task : Task.CompletedTask;
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        await Task.WhenAll(published);
        Assert.Equal(2, fake.Attempts.Length);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_a_lost_event_says_whether_to_publish_it_again()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = (_, _) => Task.FromException(new SiloUnavailableException("The silo is gone."));
        var events = FakePublishing.Numbered(8);
        events[5] = events[5] with { EventId = "own" };
        var published = fake.Publish(events);
        await fake.EndOf(Task.WhenAll(published));

        Assert.Equal(4, fake.Attempts.Length);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => published[4]);
        var own = await Assert.ThrowsAsync<RecommenderException>(() => published[5]);
        Assert.Equal(RefusalKind.Overloaded, own.Kind);
        Assert.NotNull(own.RetryAfter);
    }

    [Fact]
    public async Task A_refusal_of_the_moment_that_does_not_pass_is_the_events_own()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = (_, _) => Task.FromException(FakeCluster.Refusal(RefusalKind.Overloaded, TimeSpan.FromMilliseconds(20)));
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        foreach (var task in published)
            Assert.Equal(RefusalKind.Overloaded, (await Assert.ThrowsAsync<RecommenderException>(() => task)).Kind);
    }

    [Fact]
    public async Task An_event_refused_for_good_is_its_callers_alone_and_the_others_are_stored_in_order()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = RefuseEach("i2", "i6");
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        Assert.Equal([2, 6], Failed(published));
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => published[6]);
        Assert.Equal((RefusalKind.Invalid, "itemId", "'i6'", null), (refusal.Kind, refusal.Field, refusal.Value, refusal.Index));
        Assert.StartsWith("itemId was 'i6'; legal is", refusal.Message);
        Assert.Equal(["i0", "i1", "i3", "i4", "i5", "i7"], fake.Attempts[^1].Select(e => e.ItemId));
        Assert.Equal(3, fake.Attempts.Length);
    }

    [Fact]
    public async Task A_refusal_that_names_no_event_is_traced_to_it_by_halves()
    {
        await using var fake = new FakePublishing(Sized);
        var stored = new List<string>();
        fake.Answer = (_, events) =>
        {
            if (events.Any(e => e.ItemId == "i5"))
                return Task.FromException(FakeCluster.Refusal(RefusalKind.TooLarge));
            stored.AddRange(events.Select(e => e.ItemId));
            return Task.CompletedTask;
        };
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        Assert.Equal([5], Failed(published));
        Assert.Equal(["i0", "i1", "i2", "i3", "i4", "i6", "i7"], stored);
    }

    [Fact]
    public async Task A_batch_of_nothing_but_bad_events_ends_each_with_its_own_refusal()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = RefuseEach([.. FakePublishing.Numbered(8).Select(e => e.ItemId)]);
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        for (var i = 0; i < published.Length; i++)
            Assert.Equal($"'i{i}'", (await Assert.ThrowsAsync<RecommenderException>(() => published[i])).Value);
        Assert.Equal(8, fake.Attempts.Length);
    }

    [Fact]
    public async Task A_fault_of_the_cluster_is_not_repeated_and_not_hidden()
    {
        await using var fake = new FakePublishing(Sized);
        fake.Answer = (_, _) => Task.FromException(new InvalidDataException("damaged"));
        var published = fake.Publish(FakePublishing.Numbered(8));
        await fake.EndOf(Task.WhenAll(published));

        foreach (var task in published)
            await Assert.ThrowsAsync<InvalidDataException>(() => task);
        Assert.Single(fake.Attempts);
    }

    [Fact]
    public async Task The_next_batch_goes_on_after_one_that_failed()
    {
        await using var fake = new FakePublishing(Sized with { BatchSize = 2, MaxAttempts = 1 });
        fake.Answer = (attempt, _) => attempt == 1 ? Task.FromException(new SiloUnavailableException("The silo is gone.")) : Task.CompletedTask;
        var published = fake.Publish(FakePublishing.Numbered(4));
        await fake.EndOf(Task.WhenAll(published));

        Assert.Equal([0, 1], Failed(published));
    }

    [Fact]
    public async Task Before_the_cluster_is_connected_a_batch_waits_and_is_then_sent()
    {
        var connection = new ClusterConnection();
        await using var fake = new FakePublishing(Sized with { MaxAttempts = 20 }, connection);
        var published = fake.Publish(FakePublishing.Numbered(8));
        for (var i = 0; i < 100; i++)
        {
            fake.Time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Yield();
        }

        Assert.Empty(fake.Attempts);
        connection.Open();
        await fake.EndOf(Task.WhenAll(published));
        await Task.WhenAll(published);
        Assert.Single(fake.Attempts);
    }

    private static int[] Failed(Task[] published) => [.. published.Index().Where(entry => entry.Item.IsFaulted).Select(entry => entry.Index)];

    /// <summary>As the intake does: the whole batch is refused, with the first bad event's place.</summary>
    private static Func<int, Interaction[], Task> RefuseEach(params string[] items) => (_, events) =>
    {
        var index = Array.FindIndex(events, e => items.Contains(e.ItemId));
        return index < 0
            ? Task.CompletedTask
            : Task.FromException(new RefusalException(RecommenderException.Invalid("itemId", events[index].ItemId, "an item of the catalogue", index)));
    };
}
