namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Calibration: the least effort that reaches a recall, found on queries whose truth is computed by scoring every vector.
/// </summary>
public sealed partial class VectorIndex
{
    // Truths cost a pass over all vectors each, so 64 of them: the mean recall of so many is good to about half a point.
    private const int CalibrationQueries = 64, CalibrationWanted = 100;

    private static readonly (float Shortlist, float Exact)[] Depths = [(1.5f, 1.1f), (2, 1.3f), (3, 1.5f), (4, 2), (8, 4)];

    private EffortBox _effort = new(SearchEffort.Default);

    /// <summary>What a search without an effort of its own uses: calibrated, or <see cref="SearchEffort.Default"/>.</summary>
    public SearchEffort Effort
    {
        get => Volatile.Read(ref _effort).Effort;
        set
        {
            if (value.Lists < 1 || !(value.Reach >= 0 && value.Shortlist >= 1 && value.Exact >= 1) || value.NarrowReach < 0)
                throw RecommenderException.Invalid("effort", value, "1 list or more, a reach of 0 or more, multiples of 1 or more");
            Volatile.Write(ref _effort, new EffortBox(value));
        }
    }

    /// <summary>Sets <see cref="Effort"/> to the least that finds a share of the exact nearest for these queries, and returns it.</summary>
    /// <param name="queries">One after the other; a few dozen like those to come. Each costs a pass over all vectors.</param>
    /// <param name="wanted">Results of a search, 1 up.</param>
    /// <param name="recall">Share of the exact nearest to be found on average, above 0 and below 1.</param>
    public SearchEffort Calibrate(ReadOnlySpan<float> queries, int wanted, double recall)
    {
        if (queries.Length % Space.Dimension != 0)
            throw RecommenderException.Invalid("queries", $"{queries.Length} values", $"a multiple of {Space.Dimension}");
        if (wanted < 1)
            throw RecommenderException.Invalid("wanted", wanted, "1 up");
        CheckRecall(recall, "recall");
        for (var at = 0; at < queries.Length; at += Space.Dimension)
            Space.Check(queries.Slice(at, Space.Dimension), "queries");
        return Effort = Calibrated(State, queries.ToArray(), wanted, recall);
    }

    private static void CheckRecall(double recall, string field)
    {
        if (!(recall is > 0 and < 1))
            throw RecommenderException.Invalid(field, recall, "above 0 and below 1");
    }

    // After learning anew, with the index's own vectors for queries: singly and, since a user's vector blends several items, as sums of four.
    private void Calibrate(IndexState state)
    {
        if (_options.TargetRecall == 0 || state.Segment is not { Count: > ExactCount } segment)
            return;
        var random = new Random(_options.Seed);
        var queries = new float[CalibrationQueries * Space.Dimension];
        for (var q = 0; q < CalibrationQueries; q++)
        {
            for (var part = 0; part < (q % 2 == 0 ? 1 : 4);)
            {
                var slot = random.Next(segment.Slots);
                if (ItemAt(segment, slot) < 0)
                    continue;
                var query = queries.AsSpan(q * Space.Dimension, Space.Dimension);
                System.Numerics.Tensors.TensorPrimitives.Add(query, VectorAt(state, slot), query);
                part++;
            }
        }
        Effort = Calibrated(state, queries, Math.Min(CalibrationWanted, segment.Count / 10), _options.TargetRecall);
    }

    private static unsafe int ItemAt(Segment segment, int slot) => segment.Items.Ints[slot];

    private static unsafe ReadOnlySpan<float> VectorAt(IndexState state, int slot) => state.Masters[state.Segment!.Rows.Ints[slot]];

    private SearchEffort Calibrated(IndexState state, float[] queries, int wanted, double recall)
    {
        var all = Truth(state, queries, wanted, null);
        // Half of what may be missed is allowed to the codes, the rest to lists that are left out.
        var depth = Depths.Length - 1;
        for (var d = 0; d < depth; d++)
        {
            var every = new SearchEffort(int.MaxValue, float.PositiveInfinity, Depths[d].Shortlist, Depths[d].Exact);
            if (Recall(state, queries, all, null, every) >= (1 + recall) / 2)
                depth = d;
        }
        var effort = new SearchEffort(int.MaxValue, float.PositiveInfinity, Depths[depth].Shortlist, Depths[depth].Exact);
        effort = effort with { Reach = LeastReach(reach => Recall(state, queries, all, null, effort with { Reach = reach }) >= recall) };

        var tenth = new ItemMask();
        tenth.Reset(state.Segment is { } segment ? segment.SlotOfItem.Length : 0);
        var random = new Random(_options.Seed);
        // In order of slots: item numbers differ from process to process, and with them would the figure.
        for (var slot = 0; slot < state.Segment?.Slots; slot++)
        {
            var item = ItemAt(state.Segment, slot);
            if (item >= 0 && random.Next(10) == 0)
                tenth.Add(item);
        }
        var some = Truth(state, queries, wanted, tenth);
        var narrow = Math.Min(recall, _options.FilteredRecall);
        return effort with
        {
            NarrowReach = Math.Min(effort.Reach, LeastReach(reach =>
                Recall(state, queries, some, tenth, effort with { Reach = reach, NarrowReach = reach }) >= narrow)),
        };
    }

    // From 1 to 5 in steps of a tenth, by bisection; infinity when 5 does not do.
    private static float LeastReach(Func<float, bool> reaches)
    {
        var (low, high) = (10, 51);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (reaches(middle / 10f))
                high = middle;
            else
                low = middle + 1;
        }
        return low > 50 ? float.PositiveInfinity : low / 10f;
    }

    private HashSet<int>[] Truth(IndexState state, float[] queries, int wanted, ItemMask? mask)
    {
        var truth = new HashSet<int>[queries.Length / Space.Dimension];
        Parallel.For(0, truth.Length, () => new ScoredItem[wanted], (q, _, found) =>
        {
            var count = Find(state, queries.AsSpan(q * Space.Dimension, Space.Dimension), found, mask, SearchEffort.Everything, default);
            truth[q] = [.. found.Take(count).Select(f => f.Item)];
            return found;
        }, _ => { });
        return truth;
    }

    private double Recall(IndexState state, float[] queries, HashSet<int>[] truth, ItemMask? mask, SearchEffort effort)
    {
        var (found, hits) = (new ScoredItem[truth.Max(t => t.Count)], 0);
        for (var q = 0; q < truth.Length; q++)
        {
            var count = Find(state, queries.AsSpan(q * Space.Dimension, Space.Dimension), found, mask, effort, default);
            for (var n = 0; n < count; n++)
                hits += truth[q].Contains(found[n].Item) ? 1 : 0;
        }
        return hits / (double)Math.Max(1, truth.Sum(t => t.Count));
    }

    /// <summary>In an object of its own, so that a search reads it whole.</summary>
    private sealed record EffortBox(SearchEffort Effort);
}
