namespace Recs.Engine.Sessions;

/// <summary>What an event does to a session. Pure functions: same inputs, same result, in both hosts and in training.</summary>
public sealed class SessionRules(ItemCatalog catalog, SessionOptions options)
{
    public ItemCatalog Catalog { get; } = catalog;

    public SessionOptions Options { get; } = options;

    /// <summary>
    /// Drops events whose id is in the window (or earlier in this list), numbers the others from Sequence + 1, and
    /// applies them in order. Timestamps are present; item ids are known to the catalogue.
    /// </summary>
    public SessionChange Apply(UserSession session, IReadOnlyList<Interaction> events) =>
        throw new NotImplementedException();

    /// <summary>Applies one logged event at its own sequence (recovery, training). No duplicate check.</summary>
    public UserSession Replay(UserSession session, LoggedEvent e) => throw new NotImplementedException();

    /// <summary>
    /// The target with the guest's history in it, one sequence number later: histories, seen, hidden and recent merge
    /// by time, affinities and counters add, event ids join the window. The guest's own merged guests come along.
    /// </summary>
    public UserSession Merge(UserSession target, UserSession guest) => throw new NotImplementedException();
}

/// <summary>The outcome of a batch for one user.</summary>
/// <param name="Session">The session afterwards (the same object when nothing was accepted).</param>
/// <param name="Accepted">The accepted events with their sequence numbers, in order.</param>
/// <param name="Duplicates">Events dropped as repeats.</param>
public sealed record SessionChange(UserSession Session, IReadOnlyList<LoggedEvent> Accepted, int Duplicates);
