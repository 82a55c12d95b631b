using System.Collections.Concurrent;
using Orleans.Runtime;
using Orleans.Streams;
using Recs.Grains.Silo;

namespace Recs.Silo.Streams;

/// <summary>Parks the events of a batch that the provider gives up on; see <see cref="ParkingAdapterFactory"/>.</summary>
internal sealed partial class ParkingFailureHandler(
    ConcurrentDictionary<StreamSequenceToken, IBatchContainer> read, ParkedEvents parked, ILogger logger) : IStreamFailureHandler
{
    /// <summary>The next batches of the user go on.</summary>
    public bool ShouldFaultSubsriptionOnError => false;

    public Task OnDeliveryFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken)
    {
        // A queue that is handed over fails what is under way; it was forgotten here, and is delivered elsewhere.
        if (sequenceToken is null || !read.TryRemove(sequenceToken, out var batch))
            return Task.CompletedTask;
        foreach (var (e, _) in batch.GetEvents<Interaction>())
        {
            try
            {
                parked.Park(e, "The event was not delivered in time.");
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // The last place that can keep it.
                LogLost(logger, e, problem.Message);
            }
        }

        return Task.CompletedTask;
    }

    public Task OnSubscriptionFailure(GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
        OnDeliveryFailure(subscriptionId, streamProviderName, streamIdentity, sequenceToken);

    [LoggerMessage(Level = LogLevel.Critical, Message = "This event could be neither delivered nor parked: {Interaction} ({Problem})")]
    private static partial void LogLost(ILogger logger, Interaction interaction, string problem);
}
