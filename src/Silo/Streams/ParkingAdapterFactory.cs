using System.Collections.Concurrent;
using Orleans.Runtime;
using Orleans.Streams;
using Recs.Grains.Silo;

namespace Recs.Silo.Streams;

/// <summary>
/// A stream provider that loses nothing when it gives up on a batch: the provider names only the batch's token then, so
/// the batches that are read and not delivered are remembered here, by token, no more of them than the provider's own
/// cache holds. Thread-safe.
/// </summary>
internal sealed class ParkingAdapterFactory(IQueueAdapterFactory inner, ParkedEvents parked, ILogger<ParkingAdapterFactory> logger) : IQueueAdapterFactory
{
    private readonly ConcurrentDictionary<QueueId, ConcurrentDictionary<StreamSequenceToken, IBatchContainer>> _read = new();

    /// <inheritdoc/>
    [Obsolete("Orleans calls the other one.")]
    public Task<IQueueAdapter> CreateAdapter() => CreateAdapter(CancellationToken.None);

    public async Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken) =>
        new ParkingAdapter(await inner.CreateAdapter(cancellationToken), ReadFrom);

    public IQueueAdapterCache GetQueueAdapterCache() => inner.GetQueueAdapterCache();

    public IStreamQueueMapper GetStreamQueueMapper() => inner.GetStreamQueueMapper();

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new ParkingFailureHandler(ReadFrom(queueId), parked, logger));

    private ConcurrentDictionary<StreamSequenceToken, IBatchContainer> ReadFrom(QueueId queue) =>
        _read.GetOrAdd(queue, _ => new ConcurrentDictionary<StreamSequenceToken, IBatchContainer>());

    private sealed class ParkingAdapter(
        IQueueAdapter inner, Func<QueueId, ConcurrentDictionary<StreamSequenceToken, IBatchContainer>> readFrom) : IQueueAdapter
    {
        public string Name => inner.Name;

        public bool IsRewindable => inner.IsRewindable;

        public StreamProviderDirection Direction => inner.Direction;

        public Task QueueMessageBatchAsync<T>(
            StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
            inner.QueueMessageBatchAsync(streamId, events, token, requestContext);

        public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new ParkingReceiver(inner.CreateReceiver(queueId), readFrom(queueId));
    }
}
