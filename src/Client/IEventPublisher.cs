namespace Recs.Client;

/// <summary>
/// Publishes events to the cluster's event stream, in batches, in the order in which they come. Safe for concurrent use.
/// </summary>
/// <remarks>
/// An event that is stored in the stream is never lost and is applied once, a moment later; it has no sequence number.
/// For a receipt, and a next page that knows of the event, call <see cref="IRecommender.ObserveAsync"/> instead.
/// </remarks>
public interface IEventPublisher : IAsyncDisposable
{
    /// <summary>
    /// Completes when the stream has stored the event. Waits for room first while the queue is full: to await these tasks,
    /// or all tasks of a bounded number of events, is the back-pressure.
    /// </summary>
    /// <param name="interaction">One without an id gets one before it is first sent, so that sending it again is harmless.</param>
    /// <param name="cancellationToken">Stops waiting; an event that is on its way by then may still be stored.</param>
    /// <exception cref="RecommenderException">
    /// Invalid and the like: this event will never be taken; others of its batch are not concerned. NotReady, Overloaded or
    /// StorageFull: the cluster did not take it in all attempts; to publish the same event again does no harm.
    /// </exception>
    /// <exception cref="OutcomeUnknownException">
    /// Nobody can say whether it is stored, and it had no id of the caller's own: published again it might count twice.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The publisher is closed; the event was not sent.</exception>
    Task PublishAsync(Interaction interaction, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends what was published so far without waiting for fuller batches. Completes when each of those events has ended;
    /// how it ended, its own task says.
    /// </summary>
    Task FlushAsync(CancellationToken cancellationToken = default);
}
