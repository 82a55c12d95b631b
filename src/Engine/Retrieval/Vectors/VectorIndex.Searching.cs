using System.Numerics.Tensors;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Searching: one state, no lock, no allocation once the thread has searched before.</summary>
public sealed unsafe partial class VectorIndex
{
    // Scored exactly at once: below it the stages cost more than they save.
    private const int ExactCount = 256;

    // Of a filter that passes fewer than one in this many, the passing items are scored one by one, without looking at lists.
    private const int SparseShare = 48;

    private const int InFlightBytes = 2048;

    [ThreadStatic]
    private static TopSelector? _best;

    private readonly RunSegment _run;

    private delegate void RunSegment(
        SegmentSearch search, Segment segment, LiveSlots live, ItemMask? filter, double share, ReadOnlySpan<float> query, SearchEffort effort,
        int wanted, int exact, CancellationToken cancellationToken);

    /// <summary>
    /// Fills <paramref name="results"/> with the best items, best first, equal scores by item number. Scores are exact
    /// in single precision; which items are found is approximate.
    /// </summary>
    /// <param name="query">Finite, of the space's dimension.</param>
    /// <param name="results">As many as are wanted.</param>
    /// <param name="eligible">Only these items; null for all.</param>
    /// <param name="effort">How far to search; null for <see cref="Effort"/>.</param>
    /// <param name="cancellationToken">Polled between lists.</param>
    /// <returns>How many were found: fewer than wanted only when fewer are eligible.</returns>
    public int Search(
        ReadOnlySpan<float> query, Span<ScoredItem> results, ItemMask? eligible = null, SearchEffort? effort = null,
        CancellationToken cancellationToken = default)
    {
        Space.Check(query, "query");
        return results.IsEmpty ? 0 : Find(State, query, results, eligible, effort ?? Effort, cancellationToken);
    }

    private int Find(
        IndexState state, ReadOnlySpan<float> query, Span<ScoredItem> results, ItemMask? eligible, SearchEffort asked,
        CancellationToken cancellationToken)
    {
        var best = _best ??= new TopSelector();
        best.Reset(results.Length);
        fixed (float* q = query)
        {
            var scale = Space.Metric == SpaceMetric.Cosine ? TensorPrimitives.Norm(query) : 0;
            if (state.Segment is { } segment)
                SearchSegment(segment, state, eligible, q, scale, asked, results.Length, best, cancellationToken);
            for (var entry = 0; entry < state.Delta.Count; entry++)
            {
                if (state.Delta.Has(entry) && (eligible is null || eligible[state.Delta.ItemAt(entry)]))
                    best.Add(state.Delta.ItemAt(entry), Score(q, scale, state.Masters.Row(state.Delta.RowAt(entry))));
            }
        }
        GC.KeepAlive(state);
        var found = best.Ordered();
        for (var i = 0; i < found.Length; i++)
            results[i] = new ScoredItem(TopSelector.ItemOf(found[i]), TopSelector.ScoreOf(found[i]));
        return found.Length;
    }

    private static RunSegment RunOf(string kernel) => kernel switch
    {
        "avx512vbmi" when Avx512NibbleKernel.IsSupported => Run<Avx512NibbleKernel>,
        "avx2" when Avx2NibbleKernel.IsSupported => Run<Avx2NibbleKernel>,
        "scalar" => Run<ScalarNibbleKernel>,
        _ => throw RecommenderException.Invalid("kernel", kernel, "avx512vbmi, avx2 or scalar, as far as the machine has them"),
    };

    private static void Run<TKernel>(
        SegmentSearch search, Segment segment, LiveSlots live, ItemMask? filter, double share, ReadOnlySpan<float> query, SearchEffort effort,
        int wanted, int exact, CancellationToken cancellationToken)
        where TKernel : struct, INibbleKernel =>
        search.Run<TKernel>(segment, live, filter, share, query, effort, wanted, exact, cancellationToken);

    private void SearchSegment(
        Segment segment, IndexState state, ItemMask? eligible, float* query, float scale, SearchEffort effort, int wanted, TopSelector best,
        CancellationToken cancellationToken)
    {
        var live = segment.Count - state.Live.Removed;
        var passing = eligible is null ? live : Math.Min(live, segment.CountIn(eligible));
        var exact = (int)Math.Min(int.MaxValue / 4, Math.Ceiling(wanted * (double)effort.Exact));
        var every = effort == SearchEffort.Everything;
        if (eligible is null && (every || live <= Math.Max(ExactCount, exact)))
        {
            ScoreAll(segment, state, query, scale, best, cancellationToken);
            return;
        }
        var search = SegmentSearch.Current;
        var vector = new ReadOnlySpan<float>(query, Space.Dimension);
        if (eligible is not null && (every || passing <= Math.Max(Math.Max(ExactCount, exact), live / SparseShare)))
        {
            search.RunEach(segment, state.Live, eligible, vector, passing, every || passing <= ExactCount ? passing : exact, cancellationToken);
            Rescore(segment, state.Masters, search.Shortlist, null, query, scale, best);
            return;
        }
        // Few that do not pass, as of a page that leaves out what was seen: cheaper found and dropped than looked up in every block.
        var blocked = live - passing;
        var dropped = eligible is not null && blocked <= wanted / 2 && !state.Live.AnyRemoved;
        var (filter, more) = dropped ? (null, blocked) : (eligible, 0);
        var share = passing / (double)Math.Max(1, live);
        _run(search, segment, state.Live, filter, share, vector, effort, wanted + more, exact + more, cancellationToken);
        if (search.Shortlist.Count < Math.Min(wanted, passing) + more)
            _run(search, segment, state.Live, filter, share, vector, SearchEffort.Thorough, wanted + more, exact + more, cancellationToken);
        Rescore(segment, state.Masters, search.Shortlist, dropped ? eligible : null, query, scale, best);
    }

    private void ScoreAll(Segment segment, IndexState state, float* query, float scale, TopSelector best, CancellationToken cancellationToken)
    {
        for (var slot = 0; slot < segment.Slots; slot++)
        {
            if (slot % 4096 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            var item = segment.Items.Ints[slot];
            if (item >= 0 && state.Live.Has(slot))
                best.Add(item, Score(query, scale, state.Masters.Row(segment.Rows.Ints[slot])));
        }
    }

    private void Rescore(Segment segment, MasterVectors masters, Shortlist shortlist, ItemMask? eligible, float* query, float scale, TopSelector best)
    {
        var bytes = 4 * Space.Dimension;
        // As many lines of memory on their way as a core can wait for.
        var ahead = Math.Max(1, InFlightBytes / bytes);
        for (var n = 0; n < Math.Min(ahead, shortlist.Count); n++)
            Prefetch(masters.Row(segment.Rows.Ints[shortlist.Slots[n]]), bytes);
        for (var n = 0; n < shortlist.Count; n++)
        {
            if (n + ahead < shortlist.Count)
                Prefetch(masters.Row(segment.Rows.Ints[shortlist.Slots[n + ahead]]), bytes);
            var slot = shortlist.Slots[n];
            if (eligible is not null && !eligible[segment.Items.Ints[slot]])
                continue;
            best.Add(segment.Items.Ints[slot], Score(query, scale, masters.Row(segment.Rows.Ints[slot])));
        }
    }

    private static void Prefetch(float* vector, int bytes)
    {
        for (var line = 0; line < bytes && Sse.IsSupported; line += 64)
            Sse.Prefetch0((byte*)vector + line);
    }

    // Scale: the query's length, for cosine.
    private float Score(float* query, float scale, float* vector)
    {
        switch (Space.Metric)
        {
            case SpaceMetric.InnerProduct:
                return FloatKernels.Product(query, vector, Space.Dimension);
            case SpaceMetric.Euclidean:
                return -FloatKernels.SquaredDistance(query, vector, Space.Dimension);
            default:
                var length = scale * MathF.Sqrt(FloatKernels.Product(vector, vector, Space.Dimension));
                return length > 0 ? FloatKernels.Product(query, vector, Space.Dimension) / length : 0;
        }
    }
}
