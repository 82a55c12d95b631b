using NSubstitute;

namespace Recs.Cluster.Tests.Client;

/// <summary>A publisher over an intake that answers as told, and the clock of both.</summary>
internal sealed class FakePublishing : IAsyncDisposable
{
    private readonly List<Interaction[]> _batches = [];
    private readonly Lock _gate = new();

    public FakePublishing(EventPublisherOptions? options = null, ClusterConnection? connection = null)
    {
        Grains.GetGrain<IIntakeGrain>(0).Returns(Intake);
        Intake.PublishAsync(Arg.Any<IReadOnlyList<Interaction>>()).Returns(call => TakeAsync([.. call.Arg<IReadOnlyList<Interaction>>()]));
        Publisher = new EventPublisher(Grains, options ?? new EventPublisherOptions(), Time, Metrics, connection);
    }

    public ClientMetrics Metrics { get; } = new();

    public ManualTime Time { get; } = new();

    public IGrainFactory Grains { get; } = Substitute.For<IGrainFactory>();

    public IIntakeGrain Intake { get; } = Substitute.For<IIntakeGrain>();

    public EventPublisher Publisher { get; }

    /// <summary>What the intake does with a batch, by the attempt's number from 1 on; nothing unless said otherwise.</summary>
    public Func<int, Interaction[], Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Each attempt's events, oldest first.</summary>
    public Interaction[][] Attempts
    {
        get
        {
            lock (_gate)
                return [.. _batches];
        }
    }

    public static Interaction[] Numbered(int count, string user = "ann") =>
        [.. Enumerable.Range(0, count).Select(i => new Interaction { UserId = user, ItemId = $"i{i}", Type = InteractionType.Click })];

    /// <summary>The events as tasks, published in order.</summary>
    public Task[] Publish(IEnumerable<Interaction> events) => [.. events.Select(e => Publisher.PublishAsync(e))];

    /// <summary>Lets the clock go on until the task has ended, one way or another.</summary>
    public async Task EndOf(Task task)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!task.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            Time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Yield();
        }
    }

    /// <summary>Waits, without moving the clock, until it is so.</summary>
    public static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndOf(Publisher.DisposeAsync().AsTask());
        Metrics.Dispose();
    }

    private Task TakeAsync(Interaction[] events)
    {
        int attempt;
        lock (_gate)
        {
            _batches.Add(events);
            attempt = _batches.Count;
        }

        return Answer(attempt, events);
    }
}
