using Orleans.Streams;
using Recs.Grains.Silo;
using Recs.Grains.Streams;

namespace Recs.Grains;

/// <inheritdoc cref="IIntakeGrain"/>
[StatelessWorker]
internal sealed class IntakeGrain(SiloEngine engine, SiloPulse pulse, StreamBacklog backlog) : Grain, IIntakeGrain
{
    public async Task<Receipt> ObserveAsync(IReadOnlyList<Interaction> events)
    {
        engine.CheckReady();
        pulse.Check();
        InteractionRules.Check(events, engine.Catalog, engine.Time.GetUtcNow());
        var receipts = await Task.WhenAll(
            ByUser(events).Select(user => GrainFactory.GetGrain<IUserGrain>(user.Key).ObserveAsync(user.Value.ToArray())));
        var sequences = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (id, sequence) in receipts.SelectMany(r => r.Sequences))
            sequences[id] = sequence;
        return new Receipt(receipts.Sum(r => r.Accepted), receipts.Sum(r => r.Duplicates), sequences);
    }

    public async Task PublishAsync(IReadOnlyList<Interaction> events)
    {
        engine.CheckReady();
        pulse.Check();
        InteractionRules.Check(events, engine.Catalog, engine.Time.GetUtcNow());
        backlog.CheckRoom(events.Count);
        var streams = this.GetStreamProvider(ClusterNames.Streams);
        // Streams deliver at least once, and perhaps much later: without an id a second delivery would count again, without
        // a time the event would be of the moment it is delivered.
        var now = engine.Time.GetUtcNow();
        var named = new List<Interaction>(events.Count);
        foreach (var e in events)
            named.Add(e with { EventId = e.EventId ?? Guid.CreateVersion7(now).ToString("N"), Timestamp = e.Timestamp ?? now });
        try
        {
            await Task.WhenAll(ByUser(named).Select(
                user => streams.GetStream<Interaction>(StreamId.Create(ClusterNames.Interactions, user.Key)).OnNextBatchAsync(user.Value)));
        }
        catch (Exception e) when (e is not (OrleansException or TimeoutException))
        {
            // The provider's own exceptions mean nothing to a client; this one says to it that some may be stored, some not.
            engine.Logger.LogWarning("The event stream was not written: {Problem}", e.Message);
            throw new OrleansException($"The event stream was not written: {e.Message}");
        }
    }

    private static Dictionary<string, List<Interaction>> ByUser(IReadOnlyList<Interaction> events)
    {
        var byUser = new Dictionary<string, List<Interaction>>(StringComparer.Ordinal);
        foreach (var e in events)
        {
            if (!byUser.TryGetValue(e.UserId, out var list))
                byUser[e.UserId] = list = [];
            list.Add(e);
        }

        return byUser;
    }
}
