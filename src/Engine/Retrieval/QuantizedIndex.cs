using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Scans the 8-bit codes of all rows, keeps the best that are eligible, then scores this over-fetched shortlist exactly.
/// When few items are eligible they are scored exactly at once.
/// </summary>
public sealed class QuantizedIndex : IVectorIndex
{
    // Blocks between two looks at the token: about 50 us of scanning.
    private const int PollBlocks = 1_024;

    // One eligible item in so many is scored by itself: a float row read costs about as much as so many codes.
    private const int ScanShare = 32;

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly ItemFactors _factors;
    private readonly QuantizedRows _rows;
    private readonly Scan _scan;

    private delegate void Scan(
        QuantizedRows rows, int start, VectorMetric metric, ReadOnlySpan<ulong> eligible, Scratch scratch, CancellationToken token);

    public QuantizedIndex(ItemFactors factors)
        : this(factors, Avx512Kernel.IsSupported ? Avx512Kernel.Name : Avx2Kernel.IsSupported ? Avx2Kernel.Name : ScalarKernel.Name)
    {
    }

    internal QuantizedIndex(ItemFactors factors, string kernel)
    {
        _factors = factors;
        _rows = new QuantizedRows(factors);
        Kernel = kernel;
        _scan = kernel switch
        {
            "avx512bw" => ScanWith<Avx512Kernel>,
            "avx2" => ScanWith<Avx2Kernel>,
            "scalar" => ScanWith<ScalarKernel>,
            _ => throw new ArgumentException($"kernel was '{kernel}'; known are avx512bw, avx2 and scalar.", nameof(kernel)),
        };
    }

    public string Kernel { get; }

    public int Count => _factors.Rows;

    public int Dimension => _factors.Rank;

    public int Search(
        ReadOnlySpan<float> query, VectorMetric metric, ItemMask? eligible, Span<ScoredItem> results,
        CancellationToken cancellationToken = default)
    {
        if (query.Length != Dimension)
            throw new ArgumentException($"query had {query.Length} values; needed are {Dimension}.", nameof(query));
        if (results.IsEmpty)
            return 0;

        // Without a mask every present item is eligible; the codes' own mask then stands for both.
        ReadOnlySpan<ulong> words = eligible is null ? _rows.Present : eligible.Words;
        if (words.Length > _rows.Words)
            words = words[.._rows.Words];
        var available = 0;
        for (var w = 0; w < words.Length; w++)
            available += BitOperations.PopCount(words[w] & _rows.Present[w]);

        var scratch = _scratch ??= new Scratch();
        var shortlist = Overfetch(results.Length);
        var best = scratch.Best;
        best.Reset(results.Length);
        if (available <= Math.Max(shortlist, _factors.Rows / ScanShare))
        {
            ScoreAll(query, metric, words, best);
        }
        else
        {
            scratch.Prepare(_rows.Groups);
            scratch.Shortlist.Reset(shortlist);
            var start = QuantizedRows.QuantizeQuery(query, MemoryMarshal.Cast<int, sbyte>(scratch.Query.AsSpan()));
            _scan(_rows, start, metric, words, scratch, cancellationToken);
            foreach (var key in scratch.Shortlist.Unordered())
            {
                var item = TopSelector.ItemOf(key);
                best.Add(item, Exact(query, metric, item));
            }
        }
        var found = best.Ordered();
        for (var i = 0; i < found.Length; i++)
            results[i] = new ScoredItem(TopSelector.ItemOf(found[i]), TopSelector.ScoreOf(found[i]));
        return found.Length;
    }

    /// <summary>How many approximate hits are scored exactly: half as many again, and enough for short lists.</summary>
    private static int Overfetch(int wanted) => wanted + Math.Max(wanted / 2, 64);

    private float Exact(ReadOnlySpan<float> query, VectorMetric metric, int item)
    {
        var vector = _factors.Row(_factors.RowOfItem[item]);
        var product = TensorPrimitives.Dot(query, vector);
        if (metric == VectorMetric.InnerProduct)
            return product;
        var lengths = TensorPrimitives.Norm(query) * TensorPrimitives.Norm(vector);
        return lengths > 0 ? product / lengths : 0;
    }

    private void ScoreAll(ReadOnlySpan<float> query, VectorMetric metric, ReadOnlySpan<ulong> eligible, TopSelector best)
    {
        for (var w = 0; w < eligible.Length; w++)
        {
            for (var bits = eligible[w] & _rows.Present[w]; bits != 0; bits &= bits - 1)
            {
                var item = w << 6 | BitOperations.TrailingZeroCount(bits);
                best.Add(item, Exact(query, metric, item));
            }
        }
    }

    private static void ScanWith<TKernel>(
        QuantizedRows rows, int start, VectorMetric metric, ReadOnlySpan<ulong> eligible, Scratch scratch, CancellationToken token)
        where TKernel : struct, IBlockKernel
    {
        var scales = metric == VectorMetric.InnerProduct ? rows.Scales : rows.CosineScales;
        var shortlist = scratch.Shortlist;
        ref var query = ref MemoryMarshal.GetArrayDataReference(scratch.Query);
        Span<float> scores = stackalloc float[IBlockKernel.Rows];
        for (var block = 0; block < rows.Blocks; block++)
        {
            if (block % PollBlocks == 0)
                token.ThrowIfCancellationRequested();
            var first = block * IBlockKernel.Rows;
            var above = TKernel.Above(
                ref rows.Block(block), ref query, rows.Groups, start, ref scales[first], shortlist.Threshold, ref scores[0]);
            for (; above != 0; above &= above - 1)
            {
                var row = BitOperations.TrailingZeroCount(above);
                var item = rows.Items[first + row];
                // Few rows come as far as this, so that eligibility costs least here. Behind the last row there is no item.
                if ((uint)(item >> 6) < (uint)eligible.Length && (eligible[item >> 6] >> (item & 63) & 1) != 0)
                    shortlist.Add(item, scores[row]);
            }
        }
    }

    private sealed class Scratch
    {
        public TopSelector Shortlist { get; } = new();

        public TopSelector Best { get; } = new();

        /// <summary>Query codes, 4 to an int.</summary>
        public int[] Query { get; private set; } = [];

        public void Prepare(int groups)
        {
            if (Query.Length != groups)
                Query = new int[groups];
        }
    }
}
