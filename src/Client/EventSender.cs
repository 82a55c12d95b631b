namespace Recs.Client;

/// <summary>Sends one batch, with its repeats, and ends each event of it. For one caller at a time.</summary>
internal sealed class EventSender(
    IGrainFactory grains, EventPublisherOptions options, TimeProvider time, ClientMetrics metrics, ClusterConnection? connection)
{
    private const int OnlyKey = 0;

    /// <summary>
    /// The ids make a second attempt harmless; a caller must not make one, for it does not know the ids. A refusal comes
    /// before anything is stored.
    /// </summary>
    private static readonly Repeat Publishing = new(ByClient: true, ByCaller: false, AllOrNothing: true);

    private readonly GrainCalls _calls = new(options.ToCallOptions(), time, metrics);

    /// <summary>Never throws: how it went, each event's own task says.</summary>
    public async Task SendAsync(List<PendingEvent> batch, CancellationToken giveUp)
    {
        if (giveUp.IsCancellationRequested)
        {
            FailAll(batch, new RecommenderException(RefusalKind.Overloaded, "The publisher was closed before it could send the event."));
            return;
        }

        metrics.Sending(batch.Count);
        var events = EventIds.Assign([.. batch.Select(pending => pending.Event)], time, out _);
        for (var i = 0; i < events.Length; i++)
            batch[i].Event = events[i];
        await SendAsync(new Stack<List<PendingEvent>>([[.. batch]]), giveUp).ConfigureAwait(false);
    }

    private async Task SendAsync(Stack<List<PendingEvent>> parts, CancellationToken giveUp)
    {
        while (parts.TryPop(out var part))
        {
            try
            {
                Interaction[] events = [.. part.Select(pending => pending.Event)];
                await _calls.RunAsync(() => PublishAsync(events), Publishing, giveUp).ConfigureAwait(false);
                foreach (var pending in part)
                {
                    pending.Complete();
                    metrics.Stored(time.GetElapsedTime(pending.Since));
                }
            }
            catch (RecommenderException refusal) when (!CallFaults.IsOfTheMoment(refusal))
            {
                Part(part, refusal, parts);
            }
            catch (OutcomeUnknownException lost)
            {
                FailLost(part, lost);
            }
            catch (OperationCanceledException closed)
            {
                FailLost(part, CallFaults.Lost(new OperationCanceledException("The publisher was closed.", closed)));
            }
            catch (Exception refusal)
            {
                FailAll(part, refusal);
            }
        }
    }

    private async Task<bool> PublishAsync(Interaction[] events)
    {
        connection?.Check();
        await grains.GetGrain<IIntakeGrain>(OnlyKey).PublishAsync(events).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Ends the event that the refusal names; when it names none, halves find it. What is left goes on top, in its order:
    /// before what comes after it.
    /// </summary>
    private void Part(List<PendingEvent> part, RecommenderException refusal, Stack<List<PendingEvent>> parts)
    {
        var index = part.Count == 1 ? 0 : refusal.Index ?? -1;
        if ((uint)index >= (uint)part.Count)
        {
            parts.Push(part[(part.Count / 2)..]);
            parts.Push(part[..(part.Count / 2)]);
            return;
        }

        FailAll([part[index]], OfOne(refusal, index));
        part.RemoveAt(index);
        if (part.Count > 0)
            parts.Push(part);
    }

    /// <summary>The caller sent one event and knows of no batch.</summary>
    private static RecommenderException OfOne(RecommenderException refusal, int index) =>
        new(refusal.Kind, refusal.Message.Replace($" (element {index})", "", StringComparison.Ordinal), refusal)
        {
            Field = refusal.Field,
            Value = refusal.Value,
            Legal = refusal.Legal,
        };

    private void FailLost(List<PendingEvent> part, OutcomeUnknownException lost)
    {
        var harmless = CallFaults.Unreachable("The cluster did not answer.", lost.InnerException);
        foreach (var pending in part)
        {
            pending.Fail(pending.HasOwnId ? harmless : lost);
            metrics.NotStored(nothingStored: false);
        }
    }

    private void FailAll(List<PendingEvent> part, Exception refusal)
    {
        foreach (var pending in part)
        {
            pending.Fail(refusal);
            metrics.NotStored(nothingStored: refusal is RecommenderException);
        }
    }
}
