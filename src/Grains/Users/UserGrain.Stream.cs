using Orleans.Streams;
using Orleans.Streams.Core;

namespace Recs.Grains.Users;

/// <content>
/// Events that producers published: taken in the batches in which the stream delivers them. A batch that is refused for
/// good is parked; one that failed for now fails the delivery, and the provider delivers it again. Repeats are told by
/// their event ids, and those that are older than these by the stream's token.
/// </content>
internal sealed partial class UserGrain : IStreamSubscriptionObserver, IAsyncBatchObserver<Interaction>
{
    // Null until the stream brings something, and when what was stored turns out to be older than what is known here.
    private StreamPosition? _stream;

    /// <inheritdoc/>
    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        await handleFactory.Create<Interaction>().ResumeAsync(this);

    /// <inheritdoc/>
    public async Task OnNextAsync(IList<SequentialItem<Interaction>> items)
    {
        var stream = _stream ??= new StreamPosition(_engine.Options.Sessions.EventIdWindow);
        foreach (var chunk in items.Where(i => !stream.IsRepeat(i.Token, _session.Sequence)).Chunk(stream.Batch))
        {
            var events = Array.ConvertAll(chunk, i => i.Item);
            try
            {
                await ObserveAsync(events);
            }
            catch (Exception e) when (!IsOfTheMoment(e))
            {
                await ObserveOneByOneAsync(events);
            }

            stream.Take(chunk[^1].Token, _session.Sequence);
        }
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex)
    {
        _engine.Logger.LogWarning("The event stream of a user reported: {Problem}", ex.Message);
        return Task.CompletedTask;
    }

    // One bad event must not take the others of its batch with it.
    private async Task ObserveOneByOneAsync(Interaction[] events)
    {
        foreach (var e in events)
        {
            try
            {
                await ObserveAsync([e]);
            }
            catch (Exception problem) when (!IsOfTheMoment(problem))
            {
                _parked.Park(e, problem.Message);
            }
        }
    }

    // What time may mend is delivered again; anything else would hold up everybody whose events come after it.
    private static bool IsOfTheMoment(Exception e) =>
        e is OrleansException or TimeoutException or OperationCanceledException
            or RecommenderException { Kind: RefusalKind.Overloaded or RefusalKind.NotReady or RefusalKind.StorageFull };
}
