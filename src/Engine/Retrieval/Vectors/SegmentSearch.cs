using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Working memory of searches, one per thread, and the stages over one segment: choose lists, scan 4-bit codes, score
/// the shortlist by 8-bit codes, leave the best for exact scoring.
/// </summary>
internal sealed unsafe partial class SegmentSearch
{
    private const int FirstLists = 32;

    [ThreadStatic]
    private static SegmentSearch? _current;

    private AlignedMemory _head = new(0), _bytes = new(0), _tables = new(0), _weights = new(0), _unit = new(0);
    private AlignedMemory _lists = new(0);
    private readonly Shortlist _order = new();
    private ulong[] _keys = [];
    private readonly float[] _ranges = new float[Quantizer.MaxCodes];
    private AlignedMemory _uppers = new(0);
    private float _least;
    private int _sorted;

    public static SegmentSearch Current => _current ??= new SegmentSearch();

    public Shortlist Shortlist { get; } = new();

    /// <summary>Lists and vectors that the last search read.</summary>
    public int ListsScanned { get; private set; }

    public int VectorsScanned { get; private set; }

    /// <summary>
    /// Leaves in <see cref="Shortlist"/> slots that may be among the best, <paramref name="exact"/> or hardly more.
    /// </summary>
    /// <remarks><c>share</c>: Of the live slots, about so many pass the filter; 1 without one.</remarks>
    public void Run<TKernel>(
        Segment segment, LiveSlots live, ItemMask? filter, double share, ReadOnlySpan<float> query, SearchEffort effort, int wanted, int exact,
        CancellationToken cancellationToken)
        where TKernel : struct, INibbleKernel
    {
        var quantizer = segment.Quantizer;
        var shortlist = Shortlist;
        shortlist.Count = 0;
        Prepare(segment);
        var head = Head(segment, query);
        if (filter is not null)
            effort = effort.Under(share);
        var chosen = Choose(segment, head, effort);
        // 8-bit scores need no more candidates than are scored exactly.
        var singly = filter is not null && share < SingleShare;
        var keep = singly ? exact : (int)Math.Min(int.MaxValue / 4, Math.Max(exact, (double)wanted * effort.Shortlist));
        var scan = singly ? default : Tables(segment, head);
        var threshold = float.NegativeInfinity;
        ListsScanned = VectorsScanned = 0;
        for (var n = 0; ; n++)
        {
            if (n == chosen.Length)
            {
                if (!More(quantizer.Lists, effort, ref chosen))
                    break;
                n = 0;
            }
            if (n % 16 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            var list = (int)(uint)chosen[n];
            if (ScoreOf(chosen[n]) < threshold && effort.Reach < float.PositiveInfinity)
                break;
            var (first, blocks) = (segment.FirstBlock[list], segment.FirstBlock[list + 1] - segment.FirstBlock[list]);
            shortlist.Reserve(blocks * INibbleKernel.Rows);
            if (singly)
            {
                ScorePassing(segment, Pass(segment, live, filter!, first, blocks), threshold);
            }
            else
            {
                var scores = shortlist.Scores + shortlist.Count;
                var slots = shortlist.Slots + shortlist.Count;
                var found = TKernel.Scan(scan, first, blocks, _lists.Floats[list], threshold, scores, slots);
                shortlist.Count += KeepPassing(segment, live, filter, scores, slots, found);
            }
            ListsScanned++;
            VectorsScanned += segment.ListSizes[list];
            if (shortlist.Count > keep + keep / 2)
                threshold = Math.Max(threshold, shortlist.Cut(keep, 8));
        }
        if (!singly)
        {
            shortlist.Cut(keep, 8);
            Refine(segment, shortlist);
        }
        shortlist.Cut(exact, 64);
        GC.KeepAlive(segment);
    }

    private void Prepare(Segment segment)
    {
        var quantizer = segment.Quantizer;
        Grow(ref _unit, quantizer.Dimension * 4);
        Grow(ref _head, quantizer.Head * 4);
        Grow(ref _bytes, quantizer.Head * 4);
        Grow(ref _tables, quantizer.Groups * INibbleKernel.TableBytes);
        Grow(ref _weights, quantizer.Codes);
        Grow(ref _lists, (quantizer.Lists + 15) / 16 * 16 * 4);
        Grow(ref _uppers, (quantizer.Lists + 15) / 16 * 16 * 4);
        if (_keys.Length < quantizer.Lists)
            _keys = new ulong[quantizer.Lists];
    }

    private static void Grow(ref AlignedMemory memory, long bytes)
    {
        if (memory.Bytes < bytes)
            memory = new AlignedMemory(bytes);
    }

    private float* Head(Segment segment, ReadOnlySpan<float> query)
    {
        var quantizer = segment.Quantizer;
        var unit = new Span<float>(_unit.Floats, quantizer.Dimension);
        if (segment.Metric == SpaceMetric.Cosine)
            VectorEncoder.Unit(query, unit);
        else
            query.CopyTo(unit);
        FloatKernels.Project(_unit.Floats, quantizer.Dimension, quantizer.Axes.Floats, quantizer.Head, quantizer.Offset.Floats, _head.Floats);
        for (var a = 0; a < quantizer.Head; a += 16)
            (Vector512.Load(_head.Floats + a) * Vector512.Load(quantizer.AxisScales.Floats + a)).Store(_bytes.Floats + a);
        return _head.Floats;
    }

    /// <summary>Lists worth a look as keys of (upper score, number), best first; their products with the query stay in _lists.</summary>
    private ReadOnlySpan<ulong> Choose(Segment segment, float* head, SearchEffort effort)
    {
        var quantizer = segment.Quantizer;
        var blocks = (quantizer.Lists + 15) / 16;
        FloatKernels.BlockedProducts(head, quantizer.Head, quantizer.Finder.Blocked, blocks, _lists.Floats);
        _order.Count = 0;
        _order.Reserve(blocks * 16);
        var square = TensorPrimitives.SumOfSquares(new ReadOnlySpan<float>(head, quantizer.Head));
        var reach = Vector512.Create(float.IsInfinity(effort.Reach) ? 4 : effort.Reach);
        var far = segment.Metric != SpaceMetric.InnerProduct;
        for (var b = 0; b < blocks * 16; b += 16)
        {
            var product = Vector512.Load(_lists.Floats + b);
            // Standard deviation of the score within the list: its spread times the distance to its centre, or the query's length.
            var distance = far
                ? Vector512.Sqrt(Vector512.Max(Vector512<float>.Zero,
                    Vector512.Create(square) + (Vector512.Load(quantizer.CentroidHalfSquares.Floats + b) - product) * 2f))
                : Vector512.Create(MathF.Sqrt(square));
            var upper = product - Vector512.Load(segment.ListBiases.Floats + b) + reach * Vector512.Load(segment.ListScales.Floats + b) * distance;
            upper.Store(_order.Scores + b);
            (Vector512<int>.Indices + Vector512.Create(b)).Store(_order.Slots + b);
        }
        _order.Count = quantizer.Lists;
        Buffer.MemoryCopy(_order.Scores, _uppers.Floats, _uppers.Bytes, 4L * quantizer.Lists);
        _least = _order.Cut(Math.Min(effort.Lists, FirstLists), 4);
        var keys = Ordered(_order.Count);
        return effort.Lists < keys.Length ? keys[..effort.Lists] : keys;
    }

    // Most searches end within the first lists: only those are sorted at once.
    private bool More(int lists, SearchEffort effort, ref ReadOnlySpan<ulong> chosen)
    {
        if (_least == float.NegativeInfinity || effort.Lists <= FirstLists)
            return false;
        _order.Count = 0;
        for (var list = 0; list < lists; list++)
        {
            if (_uppers.Floats[list] < _least)
                _order.Add(_uppers.Floats[list], list);
        }
        var left = Math.Min(_order.Count, effort.Lists - chosen.Length);
        chosen = Ordered(_order.Count)[..Math.Min(left, _sorted)];
        _least = float.NegativeInfinity;
        return chosen.Length > 0;
    }

    private ReadOnlySpan<ulong> Ordered(int count)
    {
        _sorted = 0;
        for (var n = 0; n < count; n++)
        {
            if (_order.Scores[n] > float.NegativeInfinity)
                _keys[_sorted++] = KeyOf(_order.Scores[n], _order.Slots[n]);
        }
        var keys = _keys.AsSpan(0, _sorted);
        keys.Sort();
        keys.Reverse();
        return keys;
    }

    // Floats compare like their bits once negative ones are inverted.
    private static ulong KeyOf(float score, int number)
    {
        var bits = BitConverter.SingleToUInt32Bits(score);
        bits = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return (ulong)bits << 32 | (uint)number;
    }

    private static float ScoreOf(ulong key)
    {
        var bits = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits & 0x7FFF_FFFF : ~bits);
    }

    /// <summary>Products of the query with every table entry, in 8 bits, each code by a unit of its own (a multiple of the step).</summary>
    private NibbleScan Tables(Segment segment, float* head)
    {
        var quantizer = segment.Quantizer;
        var values = stackalloc float[Quantizer.MaxCodes * 16];
        var (axis, total, largest, start) = (0, 0f, 0f, 0f);
        for (var code = 0; code < quantizer.Codes; code++)
        {
            var sum = Vector512<float>.Zero;
            for (var end = axis + quantizer.Widths[code]; axis < end; axis++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(head[axis]), Vector512.Load(quantizer.Tables.Floats + axis * 16), sum);
            var (least, most) = (Least(sum), -Least(-sum));
            (sum - Vector512.Create(least)).Store(values + code * 16);
            start += least;
            _ranges[code] = most - least;
            total += most - least;
            largest = Math.Max(largest, most - least);
        }
        var step = Math.Max(Math.Max(total / (255f * (256 - quantizer.Codes)), largest / (255f * 100)), 1e-30f);
        while (!Weigh(quantizer, step))
            step *= 1.12f;
        for (var code = 0; code < quantizer.Codes; code++)
        {
            var scaled = Vector512.Load(values + code * 16) * Vector512.Create(1 / (step * (byte)_weights.Pointer[code]));
            var rounded = Vector512.ConvertToInt32(scaled + Vector512.Create(0.5f));
            // Group of 8 codes: tables of the first four, then of the last four.
            var table = _tables.Pointer + code / 8 * INibbleKernel.TableBytes + code % 8 * 16;
            if (Avx512F.IsSupported)
                Avx512F.ConvertToVector128ByteWithSaturation(rounded.AsUInt32()).Store(table);
            else
                for (var entry = 0; entry < 16; entry++)
                    table[entry] = (byte)Math.Min(255, rounded[entry]);
        }
        return new NibbleScan
        {
            Codes = segment.Nibbles.Pointer,
            Groups = quantizer.Groups,
            Tables = _tables.Pointer,
            Weights = (sbyte*)_weights.Pointer,
            Scales = segment.NibbleScales.Floats,
            Biases = segment.NibbleBiases.Floats,
            Step = step,
            Start = start,
        };
    }

    // Sums of 16 bits hold 128 full tables: the kernels add codes 0, 1, 4, 5 of each group in one and 2, 3, 6, 7 in the other.
    private bool Weigh(Quantizer quantizer, float step)
    {
        Span<int> sums = [0, 0];
        for (var code = 0; code < quantizer.Codes; code++)
        {
            var weight = Math.Max(1, (int)MathF.Ceiling(_ranges[code] / (255 * step)));
            if (weight > 127)
                return false;
            _weights.Pointer[code] = (byte)weight;
            sums[code >> 1 & 1] += weight;
        }
        return sums[0] <= 128 && sums[1] <= 128;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Least(Vector512<float> values)
    {
        var half = Vector256.MinNative(values.GetLower(), values.GetUpper());
        var quarter = Vector128.MinNative(half.GetLower(), half.GetUpper());
        quarter = Vector128.MinNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(2, 3, 0, 1)));
        quarter = Vector128.MinNative(quarter, Vector128.Shuffle(quarter, Vector128.Create(1, 0, 3, 2)));
        return quarter[0];
    }

    private void Refine(Segment segment, Shortlist shortlist)
    {
        const int Ahead = 12;
        var (head, count) = (segment.Quantizer.Head, shortlist.Count);
        var bytes = (sbyte*)segment.Bytes.Pointer;
        var factors = segment.ByteFactors.Floats;
        var scores = shortlist.Scores;
        var slots = shortlist.Slots;
        for (var n = 0; n < count; n++)
        {
            if (n + Ahead < count && Sse.IsSupported)
            {
                var next = bytes + (nint)slots[n + Ahead] * head;
                for (var line = 0; line < head; line += 64)
                    Sse.Prefetch0(next + line);
                Sse.Prefetch0(factors + 2 * slots[n + Ahead]);
            }
            var slot = slots[n];
            scores[n] = FloatKernels.ByteProduct(_bytes.Floats, bytes + (nint)slot * head, head) * factors[2 * slot] - factors[2 * slot + 1];
        }
    }
}
