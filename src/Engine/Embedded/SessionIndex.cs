namespace Recs.Engine.Embedded;

/// <summary>
/// Where each user's session is: open addressing over 64-bit hashes of ids, 20 bytes a slot and no id in memory. Two ids
/// may share a hash; the caller tells them apart by the id in the record. Not thread-safe.
/// </summary>
internal sealed class SessionIndex
{
    private const double MaxLoad = 0.7;

    private ulong[] _hashes = new ulong[1_024];
    private long[] _places = new long[1_024];
    private int[] _lengths = new int[1_024];

    // Slots in use or left by a removal; both end at the next growth.
    private int _filled;

    public int Count { get; private set; }

    /// <summary>Bytes of memory it holds.</summary>
    public long Bytes => _hashes.LongLength * (sizeof(ulong) + sizeof(long) + sizeof(int));

    /// <summary>The place of the first entry with this hash that is the one, or null.</summary>
    public SessionPlace? Find<TState>(ulong hash, TState state, Func<SessionPlace, TState, bool> isTheOne) =>
        Locate(hash, state, isTheOne) is var slot and >= 0 ? PlaceAt(slot) : null;

    /// <summary>Adds or replaces; returns what was there.</summary>
    public SessionPlace? Set<TState>(ulong hash, SessionPlace place, TState state, Func<SessionPlace, TState, bool> isTheOne)
    {
        if (Locate(hash, state, isTheOne) is var known and >= 0)
        {
            var before = PlaceAt(known);
            Write(known, hash, place);
            return before;
        }

        if (_filled + 1 > _hashes.Length * MaxLoad)
            Grow();
        var slot = SlotOf(hash);
        while (_lengths[slot] > 0)
            slot = (slot + 1) & (_hashes.Length - 1);
        if (_lengths[slot] == 0)
            _filled++;
        Write(slot, hash, place);
        Count++;
        return null;
    }

    /// <summary>Removes; returns what was there.</summary>
    public SessionPlace? Remove<TState>(ulong hash, TState state, Func<SessionPlace, TState, bool> isTheOne)
    {
        var slot = Locate(hash, state, isTheOne);
        if (slot < 0)
            return null;
        var place = PlaceAt(slot);
        _lengths[slot] = -1;
        Count--;
        return place;
    }

    private int Locate<TState>(ulong hash, TState state, Func<SessionPlace, TState, bool> isTheOne)
    {
        for (var slot = SlotOf(hash); _lengths[slot] != 0; slot = (slot + 1) & (_hashes.Length - 1))
        {
            if (_lengths[slot] > 0 && _hashes[slot] == hash && isTheOne(PlaceAt(slot), state))
                return slot;
        }

        return -1;
    }

    private SessionPlace PlaceAt(int slot) => new((int)(_places[slot] >> 40), _places[slot] & (1L << 40) - 1, _lengths[slot]);

    private void Write(int slot, ulong hash, SessionPlace place)
    {
        _hashes[slot] = hash;
        _places[slot] = (long)place.File << 40 | place.Offset;
        _lengths[slot] = place.Length;
    }

    private int SlotOf(ulong hash) => (int)(hash & (ulong)(_hashes.Length - 1));

    private void Grow()
    {
        var (hashes, places, lengths) = (_hashes, _places, _lengths);
        // Removals alone do not ask for more room, only for a clean table.
        var size = Count + 1 > hashes.Length * MaxLoad / 2 ? hashes.Length * 2 : hashes.Length;
        _hashes = new ulong[size];
        _places = new long[size];
        _lengths = new int[size];
        _filled = 0;
        for (var old = 0; old < hashes.Length; old++)
        {
            if (lengths[old] <= 0)
                continue;
            var slot = SlotOf(hashes[old]);
            while (_lengths[slot] != 0)
                slot = (slot + 1) & (size - 1);
            (_hashes[slot], _places[slot], _lengths[slot]) = (hashes[old], places[old], lengths[old]);
            _filled++;
        }
    }
}

/// <param name="File">Number of the file, 0 to 2^23.</param>
/// <param name="Offset">Byte offset of the record, below 2^40.</param>
/// <param name="Length">Bytes of the record, header included; above 0.</param>
internal readonly record struct SessionPlace(int File, long Offset, int Length);
