using System.Globalization;

namespace Recs.Engine.Events;

/// <summary>Ids for events that have none, so that whoever sends a batch may send it again.</summary>
public static class EventIds
{
    /// <summary>
    /// The caller's events in an array of their own. Those without an id get one: a version 7 GUID of the batch and the
    /// event's place in it, the same on every attempt.
    /// </summary>
    /// <param name="events">One or more.</param>
    /// <param name="time">The clock of the GUID.</param>
    /// <param name="assigned">How many had none.</param>
    public static Interaction[] Assign(IReadOnlyList<Interaction> events, TimeProvider time, out int assigned)
    {
        assigned = 0;
        var sent = new Interaction[events.Count];
        string? batch = null;
        for (var i = 0; i < sent.Length; i++)
        {
            sent[i] = events[i];
            // A null is sent on: where the batch is checked it is refused with its place.
            if (sent[i] is not { EventId: null } e)
                continue;
            assigned++;
            batch ??= Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
            sent[i] = e with { EventId = string.Create(CultureInfo.InvariantCulture, $"{batch}-{i}") };
        }

        return sent;
    }

    /// <summary>
    /// True when the receiver would know the whole batch again: no user has more events in it than half of what is
    /// remembered, which leaves the other half for what others send in the meantime.
    /// </summary>
    /// <param name="events">The batch, each with an id.</param>
    /// <param name="window">Event ids that the receiver remembers of a user: its <see cref="Sessions.SessionOptions.EventIdWindow"/>.</param>
    public static bool AreRemembered(ReadOnlySpan<Interaction> events, int window)
    {
        var most = Math.Max(1, window / 2);
        if (events.Length <= most)
            return true;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var e in events)
        {
            if (e?.UserId is not { } userId)
                continue;
            counts.TryGetValue(userId, out var count);
            if (count == most)
                return false;
            counts[userId] = count + 1;
        }

        return true;
    }
}
