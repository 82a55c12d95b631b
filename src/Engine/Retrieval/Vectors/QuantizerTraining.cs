using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Learns a <see cref="Quantizer"/> from a space's vectors. Deterministic for a seed and an order of vectors.</summary>
internal static class QuantizerTraining
{
    private const int AxisSample = 10_000, TableSample = 16_384, PointsPerList = 128, ListRounds = 10, TableRounds = 12;

    // Shares of the vectors by falling length, for products: the longest few hold most of the answers.
    private static readonly double[] Shells = [1 / 32.0, 1 / 16.0, 1 / 8.0, 1 / 4.0, 1 / 2.0];

    /// <summary>Lists for a number of vectors: about its square root.</summary>
    public static int ListsFor(int count) => count < 2048 ? 1 : Math.Max(16, (int)Math.Round(Math.Sqrt(count) / 16) * 16);

    /// <remarks><c>vector</c>: Gives vector n, 0 to <paramref name="count"/> - 1; called from several threads. <c>count</c>: 1 up.</remarks>
    public static Quantizer Train(VectorSpace space, Func<int, ReadOnlySpan<float>> vector, int count, int lists, int seed)
    {
        var (dimension, head) = (space.Dimension, Quantizer.HeadOf(space.Dimension));
        var random = new Random(seed);
        var order = new int[count];
        for (var n = 0; n < count; n++)
            order[n] = n;
        random.Shuffle(order);

        var rows = new float[Math.Min(count, Math.Max(AxisSample, 4 * dimension))][];
        for (var n = 0; n < rows.Length; n++)
            rows[n] = Read(space, vector(order[n]));
        var mean = new float[dimension];
        if (space.Metric != SpaceMetric.InnerProduct)
        {
            foreach (var row in rows)
                TensorPrimitives.Add(mean, row, mean);
            TensorPrimitives.Divide(mean, rows.Length, mean);
            foreach (var row in rows)
                TensorPrimitives.Subtract(row, mean, row);
        }
        var axes = Transposed(PrincipalAxes.Of(rows, dimension, Math.Min(head, dimension), seed), dimension, head);

        // Heads of a sample, all that follows works on them.
        var bare = new Quantizer(new QuantizerParts
        {
            Mean = mean,
            Axes = axes,
            Centroids = new float[head],
            ListBiases = [0],
            ListScales = [1],
            ShellBounds = [],
            ShellEnds = [1],
            Tables = new float[head * 16],
            AxisScales = new float[head],
            TrainedOn = count,
        });
        var sampled = Math.Min(count, Math.Max(TableSample, lists * PointsPerList));
        var heads = new float[sampled * head];
        Parallel.For(0, sampled, n => bare.Project(Read(space, vector(order[n])), heads.AsSpan(n * head, head)));

        var (centroids, bounds, ends) = space.Metric == SpaceMetric.InnerProduct && lists > 1
            ? ShellCentroids(heads, sampled, head, lists, seed)
            : (KMeans.Train(heads, sampled, head, lists, lists == 1 ? 1 : ListRounds, seed), [], [lists]);
        var placed = new Quantizer(new QuantizerParts
        {
            Mean = mean,
            Axes = axes,
            Centroids = centroids,
            ListBiases = new float[ends[^1]],
            ListScales = new float[ends[^1]],
            ShellBounds = bounds,
            ShellEnds = ends,
            Tables = new float[head * 16],
            AxisScales = new float[head],
            TrainedOn = count,
        });
        return new Quantizer(new QuantizerParts
        {
            Mean = mean,
            Axes = axes,
            Centroids = centroids,
            ListBiases = new float[ends[^1]],
            ListScales = new float[ends[^1]],
            ShellBounds = bounds,
            ShellEnds = ends,
            Tables = CodeTables.Train(placed, heads, Math.Min(sampled, TableSample), TableRounds, seed),
            AxisScales = AxisScales(heads, sampled, head),
            TrainedOn = count,
        });
    }

    private static float[] Read(VectorSpace space, ReadOnlySpan<float> vector)
    {
        var copy = vector.ToArray();
        if (space.Metric == SpaceMetric.Cosine)
            VectorEncoder.Unit(vector, copy);
        return copy;
    }

    private static float[] Transposed(float[][] axes, int dimension, int head)
    {
        var result = new float[dimension * head];
        for (var a = 0; a < axes.Length; a++)
        {
            for (var d = 0; d < dimension; d++)
                result[d * head + a] = axes[a][d];
        }
        return result;
    }

    private static (float[] Centroids, float[] Bounds, int[] Ends) ShellCentroids(float[] heads, int sampled, int head, int lists, int seed)
    {
        var lengths = new float[sampled];
        var order = new int[sampled];
        for (var n = 0; n < sampled; n++)
            (order[n], lengths[n]) = (n, -TensorPrimitives.Norm<float>(heads.AsSpan(n * head, head)));
        Array.Sort(lengths, order);
        var (centroids, bounds, ends, from) = (new List<float>(), new List<float>(), new List<int>(), 0);
        for (var shell = 0; shell <= Shells.Length; shell++)
        {
            // The first share stands twice: shells of 1/32, 1/32, 1/16, 1/8, 1/4, 1/2.
            var share = shell == 0 ? Shells[0] : Shells[shell - 1];
            var toExcl = shell == Shells.Length ? sampled : Math.Min(sampled, from + (int)Math.Ceiling(share * sampled));
            if (toExcl == from)
                break;
            var points = new float[(toExcl - from) * head];
            for (var n = from; n < toExcl; n++)
                heads.AsSpan(order[n] * head, head).CopyTo(points.AsSpan((n - from) * head));
            var clusters = Math.Max(1, (int)Math.Round(share * lists));
            centroids.AddRange(KMeans.Train(points, toExcl - from, head, clusters, ListRounds, seed));
            ends.Add(centroids.Count / head);
            from = toExcl;
            if (from == sampled)
                break;
            bounds.Add(-lengths[from - 1]);
        }
        return ([.. centroids], [.. bounds], [.. ends]);
    }

    // Root mean square per axis, no less than a hundredth of the largest, so that an axis without spread divides nothing by 0.
    private static float[] AxisScales(float[] heads, int sampled, int head)
    {
        var squares = new double[head];
        for (var n = 0; n < sampled; n++)
        {
            for (var a = 0; a < head; a++)
                squares[a] += heads[n * head + a] * (double)heads[n * head + a];
        }
        var largest = Math.Sqrt(squares.Max() / sampled);
        if (!(largest > 0))
            largest = 1;
        return Array.ConvertAll(squares, s => (float)Math.Max(Math.Sqrt(s / sampled), 0.01 * largest));
    }
}
