namespace Recs.Engine.Events;

/// <summary>Checks a batch as a whole before any of it takes effect.</summary>
public static class InteractionRules
{
    /// <summary>Greatest <see cref="Interaction.Weight"/> of anything but a rating, and greatest rating.</summary>
    public const double MaxWeight = 100, MaxRating = 5;

    /// <summary>Greatest revenue of one event.</summary>
    public const double MaxRevenue = 1e12;

    /// <summary>
    /// Throws <see cref="RecommenderException"/> naming the first bad event's index, field, value and legal range.
    /// </summary>
    public static void Check(IReadOnlyList<Interaction> events, ItemCatalog catalog, DateTimeOffset now)
    {
        CheckCount(events);
        for (var i = 0; i < events.Count; i++)
            CheckOne(events[i], i, catalog, now);
    }

    /// <summary>The part of <see cref="Check"/> that comes first and needs no catalogue: how many there are.</summary>
    public static void CheckCount(IReadOnlyList<Interaction> events)
    {
        if (events is null || events.Count is 0 or > Limits.MaxEventsPerBatch)
        {
            throw RecommenderException.Invalid(
                "events", events is null ? null : $"{events.Count} events", $"1 to {Limits.MaxEventsPerBatch} events a batch",
                kind: events is { Count: > 0 } ? RefusalKind.TooLarge : RefusalKind.Invalid);
        }
    }

    private static void CheckOne(Interaction e, int index, ItemCatalog catalog, DateTimeOffset now)
    {
        if (e is null)
            throw RecommenderException.Invalid("event", null, "an event", index);
        IdRules.Check("userId", e.UserId, index);
        IdRules.Check("itemId", e.ItemId, index);
        if (e.EventId is not null)
            IdRules.Check("eventId", e.EventId, index);
        if (e.RequestId is not null)
            IdRules.Check("requestId", e.RequestId, index);
        if ((uint)e.Type >= Sessions.SessionOptions.TypeCount)
            throw RecommenderException.Invalid("type", (int)e.Type, "a known interaction type", index);

        if (e.Timestamp is { } at && (at < Limits.EarliestTimestamp || at > now + Limits.MaxClockSkew))
        {
            throw RecommenderException.Invalid(
                "timestamp", at.ToString("O"),
                $"{Limits.EarliestTimestamp:O} to {Limits.MaxClockSkew.TotalMinutes:0} minutes ahead of now ({now:O})", index);
        }

        CheckWeight(e, index);
        if (e.Revenue is { } revenue && !(revenue is >= 0 and <= MaxRevenue))
            throw RecommenderException.Invalid("revenue", revenue, $"0 to {MaxRevenue:0}", index);

        if (!catalog.TryGetNumber(e.ItemId, out _))
            throw RecommenderException.Invalid("itemId", e.ItemId, "an item of the catalogue; write the item first", index);
    }

    private static void CheckWeight(Interaction e, int index)
    {
        if (e.Type == InteractionType.Rating)
        {
            if (!(e.Weight is >= 0 and <= MaxRating))
                throw RecommenderException.Invalid("weight", e.Weight, $"0 to {MaxRating:0}: a rating event's weight is the rating", index);
        }
        else if (e.Weight is { } weight && !(weight is > 0 and <= MaxWeight))
        {
            throw RecommenderException.Invalid("weight", weight, $"above 0, at most {MaxWeight:0}", index);
        }
    }
}
