using System.Diagnostics.Metrics;

namespace Recs.Cluster.Tests.Client;

/// <summary>Batches, room, flushing and closing.</summary>
public sealed class EventPublisherTests
{
    private static readonly EventPublisherOptions Patient = new() { BatchSize = 4, MaxDelay = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_full_batch_goes_at_once_and_its_events_are_done_when_it_is_stored()
    {
        await using var fake = new FakePublishing(Patient);
        var stored = new TaskCompletionSource();
        fake.Answer = (_, _) => stored.Task;

        var published = fake.Publish(FakePublishing.Numbered(4));
        await FakePublishing.Until(() => fake.Attempts.Length == 1);
        Assert.DoesNotContain(published, task => task.IsCompleted);

        stored.SetResult();
        await Task.WhenAll(published);
        Assert.Equal(["i0", "i1", "i2", "i3"], fake.Attempts[0].Select(e => e.ItemId));
    }

    [Fact]
    public async Task A_batch_that_is_not_full_goes_when_its_first_event_has_waited_long_enough()
    {
        await using var fake = new FakePublishing(Patient);
        var published = fake.Publish(FakePublishing.Numbered(3));
        await fake.EndOf(Task.WhenAll(published));

        Assert.Equal(3, Assert.Single(fake.Attempts).Length);
        Assert.True(fake.Time.GetUtcNow() - new ManualTime().GetUtcNow() >= Patient.MaxDelay);
    }

    [Fact]
    public async Task A_flush_sends_what_was_published_and_ends_after_it_without_any_delay()
    {
        await using var fake = new FakePublishing(Patient);
        var published = fake.Publish(FakePublishing.Numbered(6));

        await fake.Publisher.FlushAsync();

        await Task.WhenAll(published);
        Assert.Equal([4, 2], fake.Attempts.Select(batch => batch.Length));
        Assert.Equal(new ManualTime().GetUtcNow(), fake.Time.GetUtcNow());
    }

    [Fact]
    public async Task Events_keep_their_order_from_batch_to_batch()
    {
        await using var fake = new FakePublishing(Patient);
        var events = FakePublishing.Numbered(50);
        var published = fake.Publish(events);
        await fake.Publisher.FlushAsync();
        await Task.WhenAll(published);

        Assert.Equal(events.Select(e => e.ItemId), fake.Attempts.SelectMany(batch => batch).Select(e => e.ItemId));
    }

    [Fact]
    public async Task Publishing_waits_for_room_when_the_queue_is_full()
    {
        await using var fake = new FakePublishing(new EventPublisherOptions { BatchSize = 1, QueueCapacity = 2, MaxDelay = TimeSpan.Zero });
        var stored = new TaskCompletionSource();
        fake.Answer = (_, _) => stored.Task;
        var onItsWay = fake.Publish(FakePublishing.Numbered(1));
        await FakePublishing.Until(() => fake.Attempts.Length == 1);
        var waiting = fake.Publish(FakePublishing.Numbered(2));
        using var impatience = new CancellationTokenSource();

        var noRoom = fake.Publisher.PublishAsync(new Interaction { UserId = "ann", ItemId = "never", Type = InteractionType.View }, impatience.Token);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => noRoom);
        stored.SetResult();
        await Task.WhenAll([.. onItsWay, .. waiting]);

        Assert.Equal(3, fake.Attempts.Length);
        Assert.DoesNotContain(fake.Attempts, batch => batch[0].ItemId == "never");
    }

    [Fact]
    public async Task An_event_whose_caller_gave_up_while_it_waited_is_not_sent()
    {
        await using var fake = new FakePublishing(new EventPublisherOptions { BatchSize = 1, MaxDelay = TimeSpan.Zero });
        var stored = new TaskCompletionSource();
        fake.Answer = (_, _) => stored.Task;
        var onItsWay = fake.Publish(FakePublishing.Numbered(1));
        await FakePublishing.Until(() => fake.Attempts.Length == 1);
        using var impatience = new CancellationTokenSource();
        var queued = fake.Publisher.PublishAsync(new Interaction { UserId = "ann", ItemId = "never", Type = InteractionType.View }, impatience.Token);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        stored.SetResult();
        await fake.Publisher.FlushAsync();

        await Task.WhenAll(onItsWay);
        Assert.Single(fake.Attempts);
    }

    [Fact]
    public async Task Closing_sends_what_waits_and_takes_no_more()
    {
        await using var fake = new FakePublishing(Patient);
        var published = fake.Publish(FakePublishing.Numbered(10));

        await fake.Publisher.DisposeAsync();

        await Task.WhenAll(published);
        Assert.Equal([4, 4, 2], fake.Attempts.Select(batch => batch.Length));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fake.Publisher.PublishAsync(FakePublishing.Numbered(1)[0]));
    }

    [Fact]
    public async Task Closing_ends_within_its_time_and_each_event_is_told_how()
    {
        await using var fake = new FakePublishing(new EventPublisherOptions { BatchSize = 2, MaxDelay = TimeSpan.Zero, DrainTimeout = TimeSpan.FromSeconds(3) });
        fake.Answer = (_, _) => new TaskCompletionSource().Task;
        var onItsWay = fake.Publish([FakePublishing.Numbered(1)[0] with { EventId = "own" }]);
        await FakePublishing.Until(() => fake.Attempts.Length == 1);
        var waiting = fake.Publish(FakePublishing.Numbered(3));

        var closing = fake.Publisher.DisposeAsync().AsTask();
        fake.Time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(closing.IsCompleted);
        fake.Time.Advance(TimeSpan.FromSeconds(0.1));
        await closing;

        Assert.Equal(RefusalKind.Overloaded, (await Assert.ThrowsAsync<RecommenderException>(() => onItsWay[0])).Kind);
        foreach (var task in waiting)
            Assert.Contains("closed before it could send", (await Assert.ThrowsAsync<RecommenderException>(() => task)).Message);
        Assert.Single(fake.Attempts);
    }

    [Fact]
    public async Task Metrics_count_each_event_by_its_end_and_none_waits_at_last()
    {
        var ends = new List<object?>();
        long waiting = 0, published = 0;
        await using var fake = new FakePublishing(Patient);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, fake.Metrics.Meter))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (ends)
            {
                if (instrument.Name == "recs.client.publish.queue")
                    (waiting, published) = (waiting + value, published + Math.Max(0, value));
                if (instrument.Name == "recs.client.published")
                    ends.Add(tags[0].Value);
            }
        });
        listener.Start();
        fake.Answer = (attempt, _) => attempt == 1 ? Task.FromException(new RefusalException(RecommenderException.Invalid("itemId", "i2", "an item", 2))) : Task.CompletedTask;

        var events = fake.Publish(FakePublishing.Numbered(4));
        await Assert.ThrowsAsync<RecommenderException>(() => events[2]);
        await Task.WhenAll(events[0], events[1], events[3]);
        await fake.Publisher.DisposeAsync();

        Assert.Equal((0, 4), (waiting, published));
        Assert.Equal(["refused", "stored", "stored", "stored"], ends);
    }

    [Theory]
    [InlineData(129, 256, "BatchSize")]
    [InlineData(0, 256, "BatchSize")]
    [InlineData(1, 1, "EventIdWindow")]
    public void Settings_that_do_not_agree_are_named(int batch, int window, string field)
    {
        var refusal = Assert.Throws<RecommenderException>(() => new FakePublishing(new EventPublisherOptions { BatchSize = batch, EventIdWindow = window }));

        Assert.Equal(field, refusal.Field);
    }
}
