using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Builds a segment from rows of float vectors.</summary>
internal static unsafe class SegmentBuilder
{
    /// <remarks><c>items</c>: Item number of each entry, each once. <c>rows</c>: Row of its vector in <paramref name="masters"/>.</remarks>
    public static Segment Build(Quantizer quantizer, SpaceMetric metric, MasterVectors masters, int[] items, int[] rows)
    {
        const int Chunk = 512;
        var count = items.Length;
        var lists = new int[count];
        var chunks = (count + Chunk - 1) / Chunk;
        Parallel.For(0, chunks, () => new VectorEncoder(quantizer, metric), (chunk, _, encoder) =>
        {
            for (var n = chunk * Chunk; n < Math.Min(count, (chunk + 1) * Chunk); n++)
            {
                encoder.Place(masters[rows[n]]);
                lists[n] = encoder.List;
            }
            return encoder;
        }, _ => { });
        var sizes = new int[quantizer.Lists];
        foreach (var list in lists)
            sizes[list]++;
        var segment = new Segment(quantizer, metric, masters, sizes, count == 0 ? -1 : items.Max());
        var slots = new int[count];
        var next = Array.ConvertAll(segment.FirstBlock, block => block * INibbleKernel.Rows);
        for (var n = 0; n < count; n++)
            slots[n] = next[lists[n]]++;
        Parallel.For(0, chunks, () => new VectorEncoder(quantizer, metric), (chunk, _, encoder) =>
        {
            for (var n = chunk * Chunk; n < Math.Min(count, (chunk + 1) * Chunk); n++)
            {
                encoder.Place(masters[rows[n]]);
                encoder.Encode();
                segment.Write(slots[n], items[n], rows[n], encoder);
            }
            return encoder;
        }, _ => { });
        segment.Seal();
        Summarize(segment);
        return segment;
    }

    /// <summary>Sets what the order of lists is decided by.</summary>
    /// <remarks><c>touched</c>: Which lists changed; null for all.</remarks>
    public static void Summarize(Segment segment, bool[]? touched = null)
    {
        var quantizer = segment.Quantizer;
        Parallel.For(0, quantizer.Lists, list =>
        {
            var size = segment.ListSizes[list];
            if (touched is not null && !touched[list])
                return;
            if (size == 0)
            {
                segment.ListBiases.Floats[list] = float.PositiveInfinity;
                return;
            }
            var (halfSquares, spread) = (0.0, 0.0);
            var head = new float[quantizer.Head];
            var centroid = quantizer.Parts.Centroids.AsSpan(list * quantizer.Head, quantizer.Head);
            var first = segment.FirstBlock[list] * INibbleKernel.Rows;
            for (var slot = first; slot < first + size; slot++)
            {
                var codes = (sbyte*)segment.Bytes.Pointer + (nint)slot * quantizer.Head;
                for (var a = 0; a < head.Length; a++)
                    head[a] = codes[a] * quantizer.Parts.AxisScales[a] * segment.ByteFactors.Floats[2 * slot];
                halfSquares += segment.ByteFactors.Floats[2 * slot + 1];
                var distance = TensorPrimitives.Distance<float>(head, centroid);
                spread += distance * (double)distance;
            }
            segment.ListBiases.Floats[list] = (float)(halfSquares / size);
            segment.ListScales.Floats[list] = (float)Math.Sqrt(spread / size / quantizer.EffectiveAxes);
        });
        GC.KeepAlive(segment);
    }
}
