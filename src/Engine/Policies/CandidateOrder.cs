namespace Recs.Engine.Policies;

/// <summary>
/// Candidates by falling score, equal scores by item number: one key each, and a heap from which only as many are taken as
/// a page wants. A kept instance allocates nothing once it is large enough. Not thread-safe.
/// </summary>
internal sealed class CandidateOrder
{
    private ulong[] _keys = [];
    private ulong[] _heap = [];
    private int[] _candidates = [];
    private int _left;

    public int Count { get; private set; }

    /// <param name="scores">By candidate; NaN counts as the least.</param>
    /// <param name="items">Item numbers by candidate; each of them different.</param>
    /// <param name="last">Candidates that come after all others; empty for none.</param>
    public void Reset(ReadOnlySpan<float> scores, ReadOnlySpan<int> items, ReadOnlySpan<bool> last = default)
    {
        Count = _left = scores.Length;
        if (_keys.Length < Count)
            (_keys, _heap, _candidates) = (new ulong[2 * Count], new ulong[2 * Count], new int[2 * Count]);
        for (var c = 0; c < Count; c++)
        {
            _keys[c] = _heap[c] = KeyOf(scores[c], items[c]) | (!last.IsEmpty && last[c] ? 1ul << 63 : 0);
            _candidates[c] = c;
        }

        for (var at = (Count >> 1) - 1; at >= 0; at--)
            Sink(at);
    }

    /// <summary>The next best candidate; -1 when there is none left.</summary>
    public int Next()
    {
        if (_left == 0)
            return -1;
        var best = _candidates[0];
        _left--;
        (_heap[0], _candidates[0]) = (_heap[_left], _candidates[_left]);
        Sink(0);
        return best;
    }

    /// <summary>0-based place of a candidate in the order.</summary>
    public int RankOf(int candidate)
    {
        var (rank, key) = (0, _keys[candidate]);
        foreach (var other in _keys.AsSpan(0, Count))
            rank += other < key ? 1 : 0;
        return rank;
    }

    /// <summary>All of them, best first.</summary>
    public static int[] BestFirst(ReadOnlySpan<float> scores, ReadOnlySpan<int> items)
    {
        var keys = new ulong[scores.Length];
        var order = new int[scores.Length];
        for (var c = 0; c < keys.Length; c++)
            (keys[c], order[c]) = (KeyOf(scores[c], items[c]), c);
        Array.Sort(keys, order);
        return order;
    }

    // 0, 32 bits of the score, 31 of the item number. The bits of a float, those of a negative one turned round, order as the
    // float does; -0 counts as 0.
    private static ulong KeyOf(float score, int item)
    {
        var bits = BitConverter.SingleToInt32Bits(float.IsNaN(score) ? float.NegativeInfinity : score + 0f);
        var rising = (uint)(bits < 0 ? ~bits : bits ^ int.MinValue);
        return (ulong)~rising << 31 | (uint)item;
    }

    private void Sink(int at)
    {
        var (key, candidate) = (_heap[at], _candidates[at]);
        while (true)
        {
            var child = 2 * at + 1;
            if (child >= _left)
                break;
            if (child + 1 < _left && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= key)
                break;
            (_heap[at], _candidates[at]) = (_heap[child], _candidates[child]);
            at = child;
        }

        (_heap[at], _candidates[at]) = (key, candidate);
    }
}
