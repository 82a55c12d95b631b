using System.Collections.Concurrent;
using Orleans.Streams;

namespace Recs.Silo.Streams;

/// <summary>Remembers what it reads until it is delivered; see <see cref="ParkingAdapterFactory"/>.</summary>
internal sealed class ParkingReceiver(IQueueAdapterReceiver inner, ConcurrentDictionary<StreamSequenceToken, IBatchContainer> read)
    : IQueueAdapterReceiver
{
    public Task Initialize(TimeSpan timeout) => inner.Initialize(timeout);

    [Obsolete("Orleans calls the other one.")]
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        var batches = await inner.GetQueueMessagesAsync(maxCount, cancellationToken);
        foreach (var batch in batches)
            read[batch.SequenceToken] = batch;
        return batches;
    }

    [Obsolete("Orleans calls the other one.")]
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => MessagesDeliveredAsync(messages, CancellationToken.None);

    public async Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken)
    {
        foreach (var batch in messages)
            read.TryRemove(batch.SequenceToken, out _);
        await inner.MessagesDeliveredAsync(messages, cancellationToken);
    }

    public async Task Shutdown(TimeSpan timeout)
    {
        // Whoever reads the queue next gets again what was not delivered.
        read.Clear();
        await inner.Shutdown(timeout);
    }
}
