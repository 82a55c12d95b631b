using System.Collections.Concurrent;

namespace Recs.Engine.Embedded;

/// <summary>
/// Users' sessions: the active ones in memory up to a hard cap, all of them in the store. Reading a session in memory
/// takes no lock. Loading, replacing and evicting one happens under its user's lock, which the caller holds, so that a
/// stale copy can never come back. The event log is the truth: an evicted session is put in the store without a flush.
/// </summary>
internal sealed class SessionTable(SessionStore store, SessionCodec codec, StripedLocks locks, RecommenderOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _active = new(StringComparer.Ordinal);

    // Second-chance order for the cap: the oldest entry not used since its last turn goes first.
    private readonly ConcurrentQueue<Entry> _clock = new();
    private int _activeCount;
    private long _users = store.Count;

    /// <summary>Users known, in memory or in the store; forwarding guests included.</summary>
    public long Users => Interlocked.Read(ref _users);

    public int Active => Volatile.Read(ref _activeCount);

    /// <summary>The session in memory, without a lock; false when it is not there.</summary>
    public bool TryGetActive(string userId, out UserSession session)
    {
        if (_active.TryGetValue(userId, out var entry))
        {
            entry.Touch(time.GetTimestamp());
            session = entry.Session;
            // Read in this order: an entry that left says so before it lets go of its session.
            if (!entry.Evicted)
                return true;
        }

        session = null!;
        return false;
    }

    /// <summary>True for a user with a session anywhere.</summary>
    public bool Knows(string userId) => _active.ContainsKey(userId) || store.Contains(userId);

    /// <summary>The session, from memory or the store; an empty one for a new user. The user's lock is held.</summary>
    public UserSession Load(string userId)
    {
        if (TryGetActive(userId, out var session))
            return session;
        if (store.TryGet(userId) is not { } blob)
            return UserSession.Empty(userId);
        session = codec.Decode(blob);
        Insert(userId, new Entry(session, dirty: false, time.GetTimestamp()));
        return session;
    }

    /// <summary>Replaces the session. The user's lock is held.</summary>
    public void Set(UserSession session)
    {
        if (_active.TryGetValue(session.UserId, out var entry))
        {
            entry.Session = session;
            entry.Dirty = true;
            entry.Touch(time.GetTimestamp());
            return;
        }

        if (!store.Contains(session.UserId))
            Interlocked.Increment(ref _users);
        Insert(session.UserId, new Entry(session, dirty: true, time.GetTimestamp()));
    }

    /// <summary>Takes a user out of memory; the store is the caller's business. The user's lock is held.</summary>
    public void Remove(string userId)
    {
        var known = Knows(userId);
        if (_active.TryRemove(userId, out var entry))
        {
            entry.Leave();
            Interlocked.Decrement(ref _activeCount);
        }

        if (known)
            Interlocked.Decrement(ref _users);
    }

    /// <summary>
    /// The sessions changed since the last call. The write gate is closed, so the set is one point in time. They stay in
    /// memory until <see cref="Saved"/>: the store does not have them yet.
    /// </summary>
    public List<UserSession> TakeDirty()
    {
        var dirty = new List<UserSession>();
        foreach (var (_, entry) in _active)
        {
            // An eviction, which needs no gate, must see all of this or none of it.
            lock (entry)
            {
                if (!entry.Dirty || entry.Evicted)
                    continue;
                entry.Dirty = false;
                entry.Saving = true;
                dirty.Add(entry.Session);
            }
        }

        return dirty;
    }

    /// <summary>Ends what <see cref="TakeDirty"/> began; after a failure the sessions count as changed again.</summary>
    public void Saved(IEnumerable<UserSession> sessions, bool succeeded)
    {
        foreach (var session in sessions)
        {
            if (!_active.TryGetValue(session.UserId, out var entry))
                continue;
            // Never written when it succeeded: a batch may be marking the entry at this moment.
            if (!succeeded)
                entry.Dirty = true;
            entry.Saving = false;
        }
    }

    /// <summary>Evicts what was idle for longer than the option says; returns how many went.</summary>
    public int EvictIdle()
    {
        var evicted = 0;
        foreach (var (userId, entry) in _active)
        {
            if (time.GetElapsedTime(entry.UsedAt) > options.SessionIdleTimeout && TryEvict(userId, entry))
                evicted++;
        }

        // What has left memory leaves the order too, so that it stays as short as the table.
        for (var turns = _clock.Count; turns > 0 && _clock.TryDequeue(out var entry); turns--)
        {
            if (!entry.Evicted)
                _clock.Enqueue(entry);
        }

        return evicted;
    }

    private void Insert(string userId, Entry entry)
    {
        _active[userId] = entry;
        _clock.Enqueue(entry);
        if (Interlocked.Increment(ref _activeCount) > options.MaxActiveSessions)
            EvictOne();
    }

    // Gives up after a bounded number of turns: entries whose users are busy stay, and the next insert tries again.
    private void EvictOne()
    {
        for (var turns = 0; turns < 64 && Active > options.MaxActiveSessions && _clock.TryDequeue(out var entry); turns++)
        {
            if (entry.Evicted)
                continue;
            if (entry.TakeSecondChance() || !TryEvict(entry.Session.UserId, entry))
                _clock.Enqueue(entry);
        }
    }

    private bool TryEvict(string userId, Entry entry)
    {
        if (locks.TryLock(userId) is not { } held)
            return false;
        using (held)
        {
            lock (entry)
            {
                if (entry.Evicted || entry.Saving || !_active.TryGetValue(userId, out var current) || current != entry)
                    return false;
                try
                {
                    if (entry.Dirty)
                        store.Put(userId, codec.Encode(entry.Session));
                }
                catch (RecommenderException)
                {
                    // No room on disk: holding one session too many is better than failing somebody else's call.
                    return false;
                }

                _active.TryRemove(userId, out _);
                entry.Leave();
                Interlocked.Decrement(ref _activeCount);
                return true;
            }
        }
    }

    private sealed class Entry(UserSession session, bool dirty, long usedAt)
    {
        private volatile UserSession _session = session;
        private volatile bool _dirty = dirty;
        private long _usedAt = usedAt;
        private volatile bool _used;
        private volatile bool _saving;
        private volatile bool _evicted;

        public UserSession Session
        {
            get => _session;
            set => _session = value;
        }

        public bool Dirty
        {
            get => _dirty;
            set => _dirty = value;
        }

        /// <summary>Captured by a checkpoint that has not put it in the store yet.</summary>
        public bool Saving
        {
            get => _saving;
            set => _saving = value;
        }

        /// <summary>Out of memory; what is left of the entry holds no session.</summary>
        public bool Evicted => _evicted;

        public void Leave()
        {
            _evicted = true;
            _session = UserSession.Empty("");
        }

        public long UsedAt => Volatile.Read(ref _usedAt);

        public void Touch(long now)
        {
            Volatile.Write(ref _usedAt, now);
            _used = true;
        }

        public bool TakeSecondChance()
        {
            var used = _used;
            _used = false;
            return used;
        }
    }
}
