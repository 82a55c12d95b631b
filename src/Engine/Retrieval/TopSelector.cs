namespace Recs.Engine.Retrieval;

/// <summary>
/// Keeps the best of a stream of scored items, equal scores by lower item number. Appends to a buffer of four times
/// the wanted number and cuts it back by selection when full: cheaper than a heap where most items fall below the
/// threshold. Kept instances allocate nothing. Not thread-safe.
/// </summary>
internal sealed class TopSelector
{
    private ulong[] _keys = new ulong[1024];
    private int _count;
    private int _wanted;
    private int _full;

    /// <summary>An item below it is not kept, one at it only for a lower number; grows as items arrive.</summary>
    public float Threshold { get; private set; }

    public void Reset(int wanted)
    {
        _count = 0;
        _wanted = Math.Max(1, wanted);
        _full = Math.Max(256, _wanted * 4);
        if (_keys.Length < _full)
            _keys = new ulong[_full];
        Threshold = float.NegativeInfinity;
    }

    /// <summary>Offers an item; its score must be no NaN.</summary>
    public void Add(int item, float score)
    {
        if (score < Threshold)
            return;
        _keys[_count++] = KeyOf(item, score);
        if (_count == _full)
            Cut();
    }

    /// <summary>The best, in no order; valid until the next call.</summary>
    public ReadOnlySpan<ulong> Unordered()
    {
        if (_count > _wanted)
            Cut();
        return _keys.AsSpan(0, _count);
    }

    /// <summary>The best, best first; valid until the next call.</summary>
    public ReadOnlySpan<ulong> Ordered()
    {
        if (_count > _wanted)
            Cut();
        var kept = _keys.AsSpan(0, _count);
        kept.Sort();
        kept.Reverse();
        return kept;
    }

    public static int ItemOf(ulong key) => (int)(uint.MaxValue - (uint)key);

    public static float ScoreOf(ulong key)
    {
        var bits = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits & 0x7FFF_FFFF : ~bits);
    }

    // Floats compare like their bits once negative ones are inverted; the inverted item number breaks ties.
    private static ulong KeyOf(int item, float score)
    {
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        bits = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return (ulong)bits << 32 | (uint.MaxValue - (uint)item);
    }

    private void Cut()
    {
        SelectLargest(_keys.AsSpan(0, _count), _wanted);
        _count = _wanted;
        var smallest = ulong.MaxValue;
        foreach (var key in _keys.AsSpan(0, _count))
            smallest = Math.Min(smallest, key);
        Threshold = ScoreOf(smallest);
    }

    /// <summary>Moves the largest keys to the front (Hoare's selection, pivot the median of three).</summary>
    private static void SelectLargest(Span<ulong> keys, int wanted)
    {
        var (low, high) = (0, keys.Length - 1);
        while (low < high)
        {
            var (a, b, c) = (keys[low], keys[low + high >> 1], keys[high]);
            var pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (keys[i] > pivot)
                    i++;
                while (keys[j] < pivot)
                    j--;
                if (i <= j)
                {
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }
            if (wanted - 1 <= j)
                high = j;
            else if (wanted - 1 >= i)
                low = i;
            else
                return;
        }
    }
}
