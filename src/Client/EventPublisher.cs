using System.Threading.Channels;

namespace Recs.Client;

/// <inheritdoc cref="IEventPublisher"/>
/// <remarks>
/// One batch is on its way at a time, which keeps each user's events in order. Closing stops the taking, sends what waits
/// for at most <see cref="EventPublisherOptions.DrainTimeout"/>, and fails the rest.
/// </remarks>
public sealed class EventPublisher : IEventPublisher
{
    private readonly EventPublisherOptions _options;
    private readonly TimeProvider _time;
    private readonly ClientMetrics _metrics;
    private readonly EventSender _sender;
    private readonly Channel<PendingEvent> _queue;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly Task _loop;

    /// <param name="grains">A client, or a silo's own factory.</param>
    /// <param name="options">Settings; a bad one is refused here, with its range.</param>
    /// <param name="time">The clock of batches and pauses.</param>
    /// <param name="metrics">Counts events and what was repeated.</param>
    /// <param name="connection">Of a client that connects in the background: until it has, batches are tried again.</param>
    public EventPublisher(
        IGrainFactory grains, EventPublisherOptions options, TimeProvider time, ClientMetrics metrics, ClusterConnection? connection = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        _time = time;
        _metrics = metrics;
        _sender = new EventSender(grains, options, time, metrics, connection);
        _queue = Channel.CreateBounded<PendingEvent>(options.QueueCapacity);
        _loop = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public async Task PublishAsync(Interaction interaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(interaction);
        var pending = new PendingEvent(interaction, _time.GetTimestamp());
        await EnqueueAsync(pending, cancellationToken).ConfigureAwait(false);
        _metrics.Queued(1);
        await EndOfAsync(pending, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        var mark = new PendingEvent(null, _time.GetTimestamp());
        await EnqueueAsync(mark, cancellationToken).ConfigureAwait(false);
        await EndOfAsync(mark, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _giveUp.CancelAsync().ConfigureAwait(false);
            await _loop.ConfigureAwait(false);
        }
    }

    private async Task EnqueueAsync(PendingEvent pending, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(EventPublisher), "The publisher is closed; the event was not sent.");
        }
    }

    private static async Task EndOfAsync(PendingEvent pending, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static (state, token) => ((PendingEvent)state!).Cancel(token), pending))
            await pending.End.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<PendingEvent>(_options.BatchSize);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var mark = await GatherAsync(batch).ConfigureAwait(false);
            if (batch.Count > 0)
                await _sender.SendAsync(batch, _giveUp.Token).ConfigureAwait(false);
            mark?.Complete();
            batch.Clear();
        }
    }

    /// <summary>Fills the batch until it is full, its first event has waited long enough, or a mark comes: that is returned.</summary>
    private async Task<PendingEvent?> GatherAsync(List<PendingEvent> batch)
    {
        using var enough = new CancellationTokenSource();
        Task? delay = null;
        try
        {
            while (true)
            {
                while (batch.Count < _options.BatchSize && _queue.Reader.TryRead(out var next))
                {
                    if (next.IsMark)
                        return next;
                    _metrics.Queued(-1);
                    // Whoever has cancelled by now is taken at its word.
                    if (!next.End.IsCompleted)
                        batch.Add(next);
                }

                if (batch.Count == 0 || batch.Count == _options.BatchSize || _options.MaxDelay == TimeSpan.Zero)
                    return null;
                delay ??= Task.Delay(_options.MaxDelay, _time, enough.Token);
                var more = _queue.Reader.WaitToReadAsync().AsTask();
                if (await Task.WhenAny(more, delay).ConfigureAwait(false) == delay || !await more.ConfigureAwait(false))
                    return null;
            }
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
        }
    }
}
