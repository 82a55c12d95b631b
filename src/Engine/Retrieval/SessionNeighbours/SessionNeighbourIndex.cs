namespace Recs.Engine.Retrieval.SessionNeighbours;

/// <summary>
/// Visits of everybody, kept up to date event by event, and what visits like the present one went on to (the family of
/// VMIS-kNN, Kersbergen, Sprangers and Schelter 2022, and STAN, Garg et al. 2019): an event counts for the next query.
/// One event costs one small array and one ring entry; a query reads without a lock what was complete when it looked.
/// Bounded by its options. Thread-safe.
/// </summary>
public sealed class SessionNeighbourIndex
{
    private readonly Lock _gate = new();
    private readonly Visit?[] _visits;
    private readonly Dictionary<ulong, int> _open = [];
    private VisitRing?[] _rings = new VisitRing?[64];
    private int _next;

    public SessionNeighbourIndex(SessionNeighbourOptions? options = null)
    {
        Options = options ?? new SessionNeighbourOptions();
        Options.Validate();
        _visits = new Visit?[Options.MaxSessions];
    }

    public SessionNeighbourOptions Options { get; }

    /// <summary>Visits begun so far in this process, those no longer held among them.</summary>
    public int Begun => Volatile.Read(ref _next);

    /// <summary>Puts an event into its user's visit, if it is positive feedback; see the other form.</summary>
    public void Observe(ulong userKey, int item, InteractionType type, long atMs, double? weight)
    {
        if (Feedback.Strength(type, weight) > 0)
            Observe(userKey, item, atMs);
    }

    /// <summary>Puts one positive event into its user's visit, or begins another after <see cref="SessionNeighbourOptions.VisitGap"/>.</summary>
    /// <param name="userKey">Hash of the user's id.</param>
    /// <param name="item">Item number, 0 or more.</param>
    /// <param name="atMs">Event time, milliseconds since 1970; an event older than its visit begins none.</param>
    public void Observe(ulong userKey, int item, long atMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(item);
        lock (_gate)
        {
            if (!_open.TryGetValue(userKey, out var number) || Held(number) is not { } visit || visit.UserKey != userKey
                || atMs - visit.AtMs > Options.VisitGap.TotalMilliseconds)
            {
                visit = Begin(userKey, atMs);
            }

            Extend(visit, item, atMs);
        }
    }

    /// <summary>Puts in a whole visit that has ended.</summary>
    public void Add(ReadOnlySpan<int> items, long atMs, ulong userKey = 0)
    {
        lock (_gate)
        {
            var visit = Begin(userKey, atMs);
            foreach (var item in items)
                visit = Extend(visit, item, atMs);
        }
    }

    /// <summary>Removes every visit of a user; returns how many.</summary>
    public int Forget(ulong userKey)
    {
        lock (_gate)
        {
            _open.Remove(userKey);
            var removed = 0;
            for (var slot = 0; slot < _visits.Length; slot++)
            {
                if (_visits[slot] is not { } visit || visit.UserKey != userKey)
                    continue;
                Volatile.Write(ref _visits[slot], null);
                removed++;
            }

            return removed;
        }
    }

    /// <summary>Visits held that have the item, at most <see cref="SessionNeighbourOptions.SessionsPerItem"/>.</summary>
    public int VisitsWith(int item) => RingOf(item)?.Held ?? 0;

    internal VisitRing? RingOf(int item)
    {
        var rings = Volatile.Read(ref _rings);
        return (uint)item < (uint)rings.Length ? Volatile.Read(ref rings[item]) : null;
    }

    /// <summary>The visit of that number, or null when it is no longer held.</summary>
    internal Visit? Held(int number)
    {
        var visit = Volatile.Read(ref _visits[number % _visits.Length]);
        return visit?.Number == number ? visit : null;
    }

    private Visit Begin(ulong userKey, long atMs)
    {
        var number = _next;
        var slot = number % _visits.Length;
        if (_visits[slot] is { } old && _open.TryGetValue(old.UserKey, out var open) && open == old.Number)
            _open.Remove(old.UserKey);
        var visit = new Visit(number, userKey, [], atMs);
        Volatile.Write(ref _visits[slot], visit);
        _open[userKey] = number;
        Volatile.Write(ref _next, number + 1);
        return visit;
    }

    private Visit Extend(Visit visit, int item, long atMs)
    {
        var before = visit.Items;
        var drop = before.Length == Options.MaxSessionItems ? 1 : 0;
        var items = new int[before.Length - drop + 1];
        before.AsSpan(drop).CopyTo(items);
        items[^1] = item;
        var extended = visit with { Items = items, AtMs = Math.Max(visit.AtMs, atMs) };
        // The visit first: a reader that meets its number in the ring finds the item in it.
        Volatile.Write(ref _visits[visit.Number % _visits.Length], extended);
        if (!before.Contains(item))
            RingFor(item).Add(visit.Number);
        return extended;
    }

    private VisitRing RingFor(int item)
    {
        if (item >= _rings.Length)
        {
            var grown = new VisitRing?[Math.Max(item + 1, _rings.Length * 2)];
            _rings.CopyTo(grown, 0);
            Volatile.Write(ref _rings, grown);
        }

        if (_rings[item] is { } ring)
            return ring;
        ring = new VisitRing(Options.SessionsPerItem);
        Volatile.Write(ref _rings[item], ring);
        return ring;
    }
}
