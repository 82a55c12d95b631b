namespace Recs.Engine.Sessions;

/// <summary>
/// What an event does to a session. Pure functions of session, event and catalogue: same inputs, same result, in both
/// hosts and in training. Thread-safe.
/// </summary>
/// <remarks>
/// Every event counts, moves <see cref="UserSession.LastSeenMs"/> (never back) and remembers its id; an impression does
/// nothing else. Positive feedback (<see cref="Feedback.Strength"/> above 0) adds to the item's history strength, up to
/// 10, except that a rating replaces it; the item becomes the newest. Negative feedback takes the item out of the
/// history; a dislike or hide also hides it, until a like or purchase. Strength is shared among the item's categories,
/// and among its tags: added, or taken away down to 0, decayed from the event's time to the newest event's.
/// </remarks>
public sealed class SessionRules(ItemCatalog catalog, SessionOptions options)
{
    public ItemCatalog Catalog { get; } = catalog;

    public SessionOptions Options { get; } = options.AffinityHalfLife > TimeSpan.Zero
        ? options
        : throw RecommenderException.Invalid("affinityHalfLife", options.AffinityHalfLife, "above 0");

    /// <summary>
    /// Drops events whose id is in the window (or earlier in this list), numbers the others from Sequence + 1, and
    /// applies them in order. Timestamps are present; item ids are known to the catalogue. Logged events carry the
    /// session's user id, whatever id the events came under.
    /// </summary>
    public SessionChange Apply(UserSession session, IReadOnlyList<Interaction> events)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(events);
        RefuseForwarded(session);
        var draft = new SessionDraft(session, Options, events.Count);
        var accepted = new List<LoggedEvent>(events.Count);
        foreach (var e in events)
        {
            var hash = e.EventId is null ? 0 : XxHash64.OfEventId(e.EventId);
            if (hash != 0 && draft.HasEventId(hash))
                continue;
            var logged = new LoggedEvent
            {
                UserId = session.UserId,
                Sequence = draft.Sequence + 1,
                ItemId = e.ItemId,
                Type = e.Type,
                AtMs = (e.Timestamp ?? throw new ArgumentException("An event without a timestamp.", nameof(events))).ToUnixTimeMilliseconds(),
                Weight = e.Weight,
                Revenue = e.Revenue,
                EventIdHash = hash,
                RequestId = e.RequestId,
            };
            Apply(ref draft, logged);
            accepted.Add(logged);
        }

        return new SessionChange(accepted.Count == 0 ? session : draft.Finish(), accepted, events.Count - accepted.Count);
    }

    /// <summary>Applies one logged event at its own sequence (recovery, training). No duplicate check.</summary>
    public UserSession Replay(UserSession session, LoggedEvent e)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(e);
        RefuseForwarded(session);
        var draft = new SessionDraft(session, Options, 1);
        Apply(ref draft, e);
        return draft.Finish();
    }

    /// <summary>
    /// Applies logged events in order, each at its own sequence: the same as <see cref="Replay(UserSession, LoggedEvent)"/>
    /// one after the other, without the sessions in between.
    /// </summary>
    public UserSession Replay(UserSession session, IReadOnlyList<LoggedEvent> events)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0)
            return session;
        RefuseForwarded(session);
        var draft = new SessionDraft(session, Options, events.Count);
        foreach (var e in events)
            Apply(ref draft, e);
        return draft.Finish();
    }

    /// <summary>
    /// The target with the guest's history in it, one sequence number later: histories, seen, hidden and recent merge
    /// by time, affinities and counters add, event ids join the window. The guest's own merged guests come along.
    /// Strengths on the same item add up to 10. Lists without times of their own (seen, hidden, event ids) put the side
    /// that was active last at the newest end. Merging a guest that is in the target already returns the target.
    /// </summary>
    /// <param name="target">The user.</param>
    /// <param name="guest">The guest, as it was.</param>
    /// <param name="logged">True for a merge read from the log: it was accepted, so a lower cap on guests does not refuse it.</param>
    /// <exception cref="RecommenderException">A user merged into itself (Invalid), or more guests than the cap (Conflict).</exception>
    public UserSession Merge(UserSession target, UserSession guest, bool logged = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(guest);
        RefuseForwarded(target);
        RefuseForwarded(guest);
        return SessionMerge.Merge(target, guest, Options, logged);
    }

    /// <summary>What is left of a merged guest: its id, and the id that stands for it.</summary>
    public static UserSession Forwarded(string guestId, string targetId) => new() { UserId = guestId, ForwardTo = targetId };

    private void Apply(ref SessionDraft draft, LoggedEvent e)
    {
        var item = Catalog.Intern(e.ItemId);
        draft.Apply(e.Sequence, item, Catalog.Get(item), e.Type, e.Weight, e.AtMs, e.EventIdHash);
    }

    private static void RefuseForwarded(UserSession session)
    {
        if (session.ForwardTo is { } target)
            throw new InvalidOperationException($"'{session.UserId}' was merged; its events and merges belong to '{target}'.");
    }
}

/// <summary>The outcome of a batch for one user.</summary>
/// <param name="Session">The session afterwards (the same object when nothing was accepted).</param>
/// <param name="Accepted">The accepted events with their sequence numbers, in order.</param>
/// <param name="Duplicates">Events dropped as repeats.</param>
public sealed record SessionChange(UserSession Session, IReadOnlyList<LoggedEvent> Accepted, int Duplicates);
