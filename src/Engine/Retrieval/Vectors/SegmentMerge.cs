namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Joins a state's segment and delta to a new segment of the same quantizer; codes are copied, not made again.</summary>
internal static unsafe class SegmentMerge
{
    /// <summary>Items and rows of everything that a state holds.</summary>
    public static (int[] Items, int[] Rows) LiveEntries(IndexState state)
    {
        var (items, rows, count) = (new int[state.Count], new int[state.Count], 0);
        if (state.Segment is { } segment)
        {
            for (var slot = 0; slot < segment.Slots; slot++)
            {
                if (segment.Items.Ints[slot] < 0 || !state.Live.Has(slot))
                    continue;
                (items[count], rows[count]) = (segment.Items.Ints[slot], segment.Rows.Ints[slot]);
                count++;
            }
        }
        for (var entry = 0; entry < state.Delta.Count; entry++)
        {
            if (!state.Delta.Has(entry))
                continue;
            (items[count], rows[count]) = (state.Delta.ItemAt(entry), state.Delta.RowAt(entry));
            count++;
        }
        return (items, rows);
    }

    /// <remarks><c>masters</c>: The state's own store, or an empty one that the rows move to. <c>compacted</c>: Whether they move.</remarks>
    public static Segment Merge(IndexState state, MasterVectors masters, bool compacted)
    {
        var old = state.Segment!;
        var quantizer = old.Quantizer;
        var encoder = new VectorEncoder(quantizer, old.Metric);
        var lists = new int[state.Delta.Count];
        var (sizes, touched) = (new int[quantizer.Lists], new bool[quantizer.Lists]);
        var maxItem = -1;
        for (var list = 0; list < quantizer.Lists; list++)
        {
            var first = old.FirstBlock[list] * INibbleKernel.Rows;
            for (var slot = first; slot < first + old.ListSizes[list]; slot++)
            {
                if (!state.Live.Has(slot))
                    continue;
                sizes[list]++;
                maxItem = Math.Max(maxItem, old.Items.Ints[slot]);
            }
            touched[list] = sizes[list] != old.ListSizes[list];
        }
        for (var entry = 0; entry < lists.Length; entry++)
        {
            if (!state.Delta.Has(entry))
                continue;
            encoder.Place(state.Masters[state.Delta.RowAt(entry)]);
            lists[entry] = encoder.List;
            sizes[encoder.List]++;
            touched[encoder.List] = true;
            maxItem = Math.Max(maxItem, state.Delta.ItemAt(entry));
        }

        var segment = new Segment(quantizer, old.Metric, masters, sizes, maxItem);
        var next = Array.ConvertAll(segment.FirstBlock, block => block * INibbleKernel.Rows);
        for (var list = 0; list < quantizer.Lists; list++)
        {
            var first = old.FirstBlock[list] * INibbleKernel.Rows;
            for (var slot = first; slot < first + old.ListSizes[list]; slot++)
            {
                if (state.Live.Has(slot))
                    segment.Copy(next[list]++, old, slot);
            }
            segment.ListBiases.Floats[list] = old.ListBiases.Floats[list];
            segment.ListScales.Floats[list] = old.ListScales.Floats[list];
        }
        for (var entry = 0; entry < lists.Length; entry++)
        {
            if (!state.Delta.Has(entry))
                continue;
            encoder.Place(state.Masters[state.Delta.RowAt(entry)]);
            encoder.Encode();
            segment.Write(next[lists[entry]]++, state.Delta.ItemAt(entry), state.Delta.RowAt(entry), encoder);
        }
        for (var slot = 0; slot < segment.Slots && compacted; slot++)
        {
            if (segment.Items.Ints[slot] >= 0)
                segment.Rows.Ints[slot] = masters.Append(state.Masters[segment.Rows.Ints[slot]]);
        }
        segment.Seal();
        SegmentBuilder.Summarize(segment, touched);
        GC.KeepAlive(old);
        return segment;
    }
}
