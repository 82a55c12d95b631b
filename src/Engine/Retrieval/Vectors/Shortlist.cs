using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// The best of a stream of scored slots: an append buffer that is cut by bisection over the scores, 16 at a time,
/// without a branch per entry. A cut may keep a little more than was wanted. Not thread-safe; grows, never shrinks.
/// </summary>
internal sealed unsafe class Shortlist
{
    private AlignedMemory _scores = new(0), _slots = new(0);

    public int Count { get; set; }

    /// <summary>Entries there is room for.</summary>
    public int Capacity { get; private set; }

    public float* Scores => _scores.Floats;

    public int* Slots => _slots.Ints;

    /// <summary>Makes room for <paramref name="count"/> entries beyond those there are, and for a register's overrun.</summary>
    public void Reserve(int count)
    {
        if (Count + count <= Capacity)
            return;
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)(Count + count));
        var (scores, slots) = (AlignedMemory.OfFloats(capacity + 64), AlignedMemory.OfInts(capacity + 64));
        NativeMemory.Copy(_scores.Pointer, scores.Pointer, (nuint)Count * sizeof(float));
        NativeMemory.Copy(_slots.Pointer, slots.Pointer, (nuint)Count * sizeof(int));
        GC.KeepAlive(_scores);
        GC.KeepAlive(_slots);
        (_scores, _slots, Capacity) = (scores, slots, capacity);
    }

    public void Add(float score, int slot)
    {
        Scores[Count] = score;
        Slots[Count++] = slot;
    }

    /// <summary>
    /// Keeps the best, <paramref name="wanted"/> to one <paramref name="slack"/>-th more (all of equal scores); returns
    /// the least kept score, or -infinity when nothing was dropped.
    /// </summary>
    public float Cut(int wanted, int slack)
    {
        if (Count <= wanted + wanted / slack)
            return float.NegativeInfinity;
        var (low, high) = Range();
        // Invariant: at least wanted entries are >= low. Scores of one search lie close: 24 halvings reach the last bit.
        for (var round = 0; round < 32; round++)
        {
            var middle = low + (high - low) * 0.5f;
            if (middle <= low || middle >= high)
                break;
            var above = CountFrom(middle);
            if (above >= wanted)
                low = middle;
            else
                high = middle;
            if (above >= wanted && above <= wanted + wanted / slack)
                break;
        }
        Keep(low);
        return low;
    }

    private (float Low, float High) Range()
    {
        Pad(float.NegativeInfinity);
        var (least, most) = (Vector512.Create(float.PositiveInfinity), Vector512.Create(float.NegativeInfinity));
        var i = 0;
        for (; i + 16 <= Count; i += 16)
        {
            var values = Vector512.Load(Scores + i);
            (least, most) = (Vector512.MinNative(least, values), Vector512.MaxNative(most, values));
        }
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        for (var lane = 0; lane < 16; lane++)
            (low, high) = (MathF.Min(low, least[lane]), MathF.Max(high, most[lane]));
        for (; i < Count; i++)
            (low, high) = (MathF.Min(low, Scores[i]), MathF.Max(high, Scores[i]));
        return (low, high);
    }

    private int CountFrom(float least)
    {
        var bound = Vector512.Create(least);
        var count = 0;
        for (var i = 0; i < Count; i += 16)
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.Load(Scores + i), bound).ExtractMostSignificantBits());
        return count;
    }

    private void Keep(float least)
    {
        var scores = Scores;
        var slots = Slots;
        var kept = 0;
        if (Avx512F.IsSupported)
        {
            var bound = Vector512.Create(least);
            for (var i = 0; i < Count; i += 16)
            {
                var (values, places) = (Vector512.Load(scores + i), Vector512.Load(slots + i));
                var above = Vector512.GreaterThanOrEqual(values, bound);
                Avx512F.CompressStore(scores + kept, above, values);
                Avx512F.CompressStore(slots + kept, above.AsInt32(), places);
                kept += BitOperations.PopCount(above.ExtractMostSignificantBits());
            }
        }
        else
        {
            for (var i = 0; i < Count; i++)
            {
                if (!(scores[i] >= least))
                    continue;
                scores[kept] = scores[i];
                slots[kept++] = slots[i];
            }
        }
        Count = kept;
    }

    private void Pad(float value)
    {
        for (var i = Count; i < Count + 16; i++)
            Scores[i] = value;
    }
}
