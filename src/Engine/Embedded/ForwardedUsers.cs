namespace Recs.Engine.Embedded;

/// <summary>
/// The turns of some users and of the users that their ids forward to, with the sessions as of now. A guest may be
/// merged while its lock is awaited, so the forwards are followed again under the locks.
/// </summary>
internal sealed class ForwardedUsers : IDisposable
{
    /// <summary>A guest of a guest of a guest …: merging refuses circles and caps the guests of a user at 1,024, so a longer chain is damage.</summary>
    private const int MaxHops = 1_100;

    private readonly Dictionary<string, UserSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _standsFor = new(StringComparer.Ordinal);
    private readonly StripedLocks.Held _held;

    private ForwardedUsers(StripedLocks.Held held) => _held = held;

    public static async ValueTask<ForwardedUsers> LockAsync(
        EmbeddedCore core, IEnumerable<string> userIds, CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>(userIds, StringComparer.Ordinal);
        while (true)
        {
            var turn = new ForwardedUsers(await core.Locks.LockAsync(ids, cancellationToken).ConfigureAwait(false));
            try
            {
                if (turn.Load(core.Table, ids))
                    return turn;
            }
            catch
            {
                turn.Dispose();
                throw;
            }

            turn.Dispose();
        }
    }

    /// <summary>The session that stands for an id: its own, or the one it forwards to.</summary>
    public UserSession SessionOf(string userId) =>
        _sessions[_standsFor.TryGetValue(userId, out var target) ? target : userId];

    /// <summary>Shows a committed session to later look-ups of this turn.</summary>
    public void Replace(UserSession session) => _sessions[session.UserId] = session;

    public void Dispose() => _held.Dispose();

    // False, with the id added, when a forward leads to a user that is not locked yet.
    private bool Load(SessionTable table, HashSet<string> ids)
    {
        foreach (var id in ids.ToArray())
        {
            var session = table.Load(id);
            for (var hops = 0; session.ForwardTo is { } next; hops++)
            {
                if (hops == MaxHops)
                    throw new InvalidDataException($"User '{id}' forwards more than {MaxHops} times.");
                if (ids.Add(next))
                    return false;
                session = table.Load(next);
            }

            _standsFor[id] = session.UserId;
            _sessions[session.UserId] = session;
        }

        return true;
    }
}
