using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Learns the 16 entries of each 4-bit code: k-means over what is left of the sample's heads beyond their centroids,
/// each brought to the same spread.
/// </summary>
internal static class CodeTables
{
    /// <returns>Head x 16.</returns>
    public static float[] Train(Quantizer placed, float[] heads, int sampled, int rounds, int seed)
    {
        var head = placed.Head;
        var rests = new float[sampled * head];
        Parallel.For(0, sampled, n =>
        {
            var y = heads.AsSpan(n * head, head);
            var rest = rests.AsSpan(n * head, head);
            TensorPrimitives.Subtract(y, placed.Parts.Centroids.AsSpan(placed.ListOf(y) * head, head), rest);
            var spread = VectorEncoder.Spread(rest);
            if (spread > 0)
                TensorPrimitives.Multiply(rest, 1 / spread, rest);
        });
        var starts = new int[placed.Codes];
        for (var code = 1; code < starts.Length; code++)
            starts[code] = starts[code - 1] + placed.Widths[code - 1];
        var tables = new float[head * 16];
        Parallel.For(0, placed.Codes, code => TrainOne(rests, sampled, head, starts[code], placed.Widths[code], rounds, seed + code, tables));
        return tables;
    }

    private static void TrainOne(float[] rests, int sampled, int head, int first, int width, int rounds, int seed, float[] tables)
    {
        // Quantiles of the first axis start one-dimensional codes near their end; wider ones start from random points.
        var random = new Random(seed);
        var column = new float[sampled];
        for (var n = 0; n < sampled; n++)
            column[n] = rests[n * head + first];
        Array.Sort(column);
        for (var entry = 0; entry < 16; entry++)
        {
            var point = random.Next(sampled);
            for (var a = 0; a < width; a++)
                tables[(first + a) * 16 + entry] = width == 1 ? column[(int)((entry + 0.5) / 16 * sampled)] : rests[point * head + first + a];
        }
        var sums = new double[16 * width];
        var counts = new int[16];
        Span<float> distances = stackalloc float[16];
        for (var round = 0; round < rounds; round++)
        {
            Array.Clear(sums);
            Array.Clear(counts);
            for (var n = 0; n < sampled; n++)
            {
                distances.Clear();
                for (var a = 0; a < width; a++)
                {
                    var value = rests[n * head + first + a];
                    var table = tables.AsSpan((first + a) * 16, 16);
                    for (var entry = 0; entry < 16; entry++)
                        distances[entry] += (value - table[entry]) * (value - table[entry]);
                }
                var best = distances.IndexOf(TensorPrimitives.Min<float>(distances));
                counts[best]++;
                for (var a = 0; a < width; a++)
                    sums[best * width + a] += rests[n * head + first + a];
            }
            for (var entry = 0; entry < 16; entry++)
            {
                for (var a = 0; a < width && counts[entry] > 0; a++)
                    tables[(first + a) * 16 + entry] = (float)(sums[entry * width + a] / counts[entry]);
            }
        }
    }
}
