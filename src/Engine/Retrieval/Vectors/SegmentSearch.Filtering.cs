using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Filters: which slots of a list pass; and, where few do, their 8-bit scores one by one instead of a scan of whole blocks.</summary>
internal sealed unsafe partial class SegmentSearch
{
    // A block's scan by 4-bit codes costs about as much as 2 single 8-bit scores.
    private const double SingleShare = 1 / 8.0;

    // Items looked at together: the memory of one stage is on its way while the one before it is computed.
    private const int Batch = 128;

    private AlignedMemory _passing = new(0);

    /// <summary>
    /// Scores every live item that passes by its 8-bit code and leaves in <see cref="Shortlist"/> the best,
    /// <paramref name="exact"/> or hardly more; all of them, with no score, when they are no more than that.
    /// </summary>
    /// <remarks><c>passing</c>: At least as many as pass.</remarks>
    public void RunEach(
        Segment segment, LiveSlots live, ItemMask filter, ReadOnlySpan<float> query, int passing, int exact, CancellationToken cancellationToken)
    {
        var shortlist = Shortlist;
        shortlist.Count = 0;
        ListsScanned = VectorsScanned = 0;
        var all = passing <= exact;
        if (!all)
        {
            Prepare(segment);
            Head(segment, query);
        }
        Grow(ref _passing, (Batch + 128) * sizeof(int));
        var items = _passing.Ints;
        var words = filter.Words;
        var threshold = float.NegativeInfinity;
        var length = Math.Min(words.Length, segment.Present.Length);
        fixed (int* slots = segment.SlotOfItem)
        fixed (ulong* passes = words, present = segment.Present)
        {
            for (int w = 0, count = 0; w < length; w++)
            {
                if (w % 1024 == 0)
                    cancellationToken.ThrowIfCancellationRequested();
                var bits = passes[w] & present[w];
                if (bits != 0)
                    count = Append(bits, w << 6, items, count);
                // A word may bring 64.
                if (count < Batch && w < length - 1)
                    continue;
                var found = Resolve(slots, items, count, live);
                shortlist.Reserve(found);
                if (all)
                {
                    new ReadOnlySpan<int>(items, found).CopyTo(new Span<int>(shortlist.Slots + shortlist.Count, found));
                    shortlist.Count += found;
                }
                else
                {
                    ScorePassing(segment, found, threshold);
                }
                VectorsScanned += found;
                count = 0;
                if (shortlist.Count > 2 * exact && !all)
                    threshold = Math.Max(threshold, shortlist.Cut(exact, 8));
            }
        }
        if (!all)
            shortlist.Cut(exact, 64);
        GC.KeepAlive(segment);
    }

    // Few bits are set: the first four are written at once, whether they exist or not, which spares a guess for each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Append(ulong bits, int first, int* items, int count)
    {
        var end = count + BitOperations.PopCount(bits);
        for (; ; count += 4)
        {
            items[count] = first + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            items[count + 1] = first + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            items[count + 2] = first + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            items[count + 3] = first + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
            if (bits == 0)
                return end;
        }
    }

    /// <summary>Items to the slots of those that are live, in place.</summary>
    private static int Resolve(int* slotOfItem, int* items, int count, LiveSlots live)
    {
        for (var n = 0; n < count && Sse.IsSupported; n++)
            Sse.Prefetch0(slotOfItem + items[n]);
        var (found, removals) = (0, live.AnyRemoved);
        for (var n = 0; n < count; n++)
        {
            var slot = slotOfItem[items[n]];
            items[found] = slot;
            found += !removals || live.Has(slot) ? 1 : 0;
        }
        return found;
    }

    /// <summary>Adds those of the first <paramref name="count"/> slots in _passing that score above the threshold.</summary>
    private void ScorePassing(Segment segment, int count, float threshold)
    {
        const int Ahead = 10;
        var (head, at) = (segment.Quantizer.Head, Shortlist.Count);
        var slots = _passing.Ints;
        var bytes = (sbyte*)segment.Bytes.Pointer;
        var factors = segment.ByteFactors.Floats;
        var scores = Shortlist.Scores;
        var kept = Shortlist.Slots;
        for (var n = 0; n < Math.Min(Ahead, count); n++)
            Prefetch(bytes, factors, slots[n], head);
        for (var n = 0; n < count; n++)
        {
            if (n + Ahead < count)
                Prefetch(bytes, factors, slots[n + Ahead], head);
            var slot = slots[n];
            var score = FloatKernels.ByteProduct(_bytes.Floats, bytes + (nint)slot * head, head) * factors[2 * slot] - factors[2 * slot + 1];
            scores[at] = score;
            kept[at] = slot;
            at += score > threshold ? 1 : 0;
        }
        Shortlist.Count = at;
    }

    private static void Prefetch(sbyte* bytes, float* factors, int slot, int head)
    {
        if (!Sse.IsSupported)
            return;
        var next = bytes + (nint)slot * head;
        for (var line = 0; line < head; line += 64)
            Sse.Prefetch0(next + line);
        Sse.Prefetch0(factors + 2 * slot);
    }

    /// <summary>Writes to _passing the slots of a list that are live and pass.</summary>
    private int Pass(Segment segment, LiveSlots live, ItemMask filter, int first, int blocks)
    {
        Grow(ref _passing, (blocks * INibbleKernel.Rows + 64) * sizeof(int));
        var passing = _passing.Ints;
        var (count, removals, covered) = (0, live.AnyRemoved, filter.Length >= segment.SlotOfItem.Length);
        fixed (ulong* words = filter.Words)
        {
            for (var block = first; block < first + blocks; block++)
            {
                // Empty slots lie at a list's end.
                var bits = Passing((uint*)words, filter.Length, segment.Items.Ints + block * INibbleKernel.Rows, covered && block < first + blocks - 1);
                if (removals)
                    bits &= live[block];
                var slot = block * INibbleKernel.Rows;
                if (Avx512F.IsSupported)
                {
                    var bit = Avx512F.ShiftLeftLogicalVariable(Vector512<int>.One, Vector512<uint>.Indices);
                    var chosen = ~Vector512.Equals(Vector512.Create((int)bits) & bit, Vector512<int>.Zero);
                    Avx512F.CompressStore(passing + count, chosen, Vector512<int>.Indices + Vector512.Create(slot));
                    count += BitOperations.PopCount(bits);
                    continue;
                }
                for (; bits != 0; bits &= bits - 1)
                    passing[count++] = slot + BitOperations.TrailingZeroCount(bits);
            }
        }
        return count;
    }

    /// <summary>
    /// Keeps those of <paramref name="count"/> scored slots that are live and pass, in place; returns how many. After the scan, not
    /// before it: once a threshold stands, a block has one or two slots above it, and 16 to look up.
    /// </summary>
    private static int KeepPassing(Segment segment, LiveSlots live, ItemMask? filter, float* scores, int* slots, int count)
    {
        var kept = 0;
        if (live.AnyRemoved)
        {
            for (var n = 0; n < count; n++)
            {
                var slot = slots[n];
                (scores[kept], slots[kept]) = (scores[n], slot);
                kept += live.Has(slot) ? 1 : 0;
            }
            (count, kept) = (kept, 0);
        }
        if (filter is null)
            return count;
        var items = segment.Items.Ints;
        var covered = filter.Length >= segment.SlotOfItem.Length;
        fixed (ulong* words = filter.Words)
        {
            var bits = (uint*)words;
            for (var n = 0; n < count; n++)
            {
                var (score, slot) = (scores[n], slots[n]);
                var item = items[slot];
                (scores[kept], slots[kept]) = (score, slot);
                if (covered || (uint)item < (uint)filter.Length)
                    kept += (int)(bits[item >> 5] >> item & 1);
            }
        }
        return kept;
    }

    /// <summary>A bit for each of 16 slots whose item passes; <paramref name="known"/>: every slot is filled, with an item that the mask covers.</summary>
    private static uint Passing(uint* words, int length, int* items, bool known)
    {
        var bits = 0u;
        if (known)
        {
            // Four chains side by side; a gather of as many words takes a third longer.
            var (a, b, c, d) = (0u, 0u, 0u, 0u);
            for (var n = 3; n >= 0; n--)
            {
                a = a << 1 | words[items[n] >> 5] >> items[n] & 1;
                b = b << 1 | words[items[n + 4] >> 5] >> items[n + 4] & 1;
                c = c << 1 | words[items[n + 8] >> 5] >> items[n + 8] & 1;
                d = d << 1 | words[items[n + 12] >> 5] >> items[n + 12] & 1;
            }
            return a | b << 4 | c << 8 | d << 12;
        }
        for (var n = 0; n < 16; n++)
        {
            if ((uint)items[n] < (uint)length && (words[items[n] >> 5] >> items[n] & 1) != 0)
                bits |= 1u << n;
        }
        return bits;
    }
}
