namespace Recs.Engine.Retrieval;

/// <summary>
/// Non-negative integers and their order of arrival: an open-addressing table that is cleared by counting an epoch, so
/// that a kept instance allocates nothing once it is large enough. Not thread-safe.
/// </summary>
internal sealed class IntMap
{
    private long[] _keys = new long[64];
    private int[] _values = new int[64];
    private int[] _arrivals = new int[32];
    private int _shift = 32 - 6;
    private int _epoch = 1;
    private int _count;

    public int Count => _count;

    /// <summary>The keys in order of arrival: a key's index is its position.</summary>
    public ReadOnlySpan<int> Keys => _arrivals.AsSpan(0, _count);

    public void Clear()
    {
        _count = 0;
        if (++_epoch < int.MaxValue)
            return;
        Array.Clear(_keys);
        _epoch = 1;
    }

    /// <summary>Makes room for a number of keys.</summary>
    public void Reserve(int keys)
    {
        while (_keys.Length < keys * 2L)
            Grow();
    }

    /// <summary>The key's position by arrival, or -1.</summary>
    public int Find(int key)
    {
        var wanted = (long)_epoch << 32 | (uint)key;
        for (var slot = SlotOf(key); ; slot = slot + 1 & _keys.Length - 1)
        {
            var held = _keys[slot];
            if (held == wanted)
                return _values[slot];
            if (held >> 32 != _epoch)
                return -1;
        }
    }

    /// <summary>The key's position by arrival, given now when it is new (it is then <see cref="Count"/> - 1).</summary>
    public int Add(int key, out bool isNew)
    {
        if (_count * 2 >= _keys.Length)
            Grow();
        var wanted = (long)_epoch << 32 | (uint)key;
        for (var slot = SlotOf(key); ; slot = slot + 1 & _keys.Length - 1)
        {
            var held = _keys[slot];
            if (held == wanted)
            {
                isNew = false;
                return _values[slot];
            }
            if (held >> 32 == _epoch)
                continue;
            _keys[slot] = wanted;
            _arrivals[_count] = key;
            isNew = true;
            return _values[slot] = _count++;
        }
    }

    // Multiplying by 2^32 over the golden ratio spreads runs of item numbers over the table (Knuth, vol. 3, 6.4).
    private int SlotOf(int key) => (int)((uint)key * 2654435769u >> _shift);

    private void Grow()
    {
        var (keys, values, epoch) = (_keys, _values, _epoch);
        _keys = new long[keys.Length * 2];
        _shift--;
        _values = new int[keys.Length * 2];
        Array.Resize(ref _arrivals, keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] >> 32 != epoch)
                continue;
            var slot = SlotOf((int)keys[i]);
            while (_keys[slot] >> 32 == epoch)
                slot = slot + 1 & _keys.Length - 1;
            (_keys[slot], _values[slot]) = (keys[i], values[i]);
        }
    }
}
