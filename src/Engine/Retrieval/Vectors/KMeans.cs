using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Lloyd's algorithm on a sample; an empty cluster takes half of the largest. Deterministic for a seed.</summary>
internal static unsafe class KMeans
{
    /// <remarks><c>points</c>: Rows x width, row-major; width is a multiple of 16. <c>clusters</c>: 1 up; with fewer rows than clusters, rows repeat.</remarks>
    /// <returns>Clusters x width.</returns>
    public static float[] Train(float[] points, int rows, int width, int clusters, int iterations, int seed)
    {
        var random = new Random(seed);
        var centroids = new float[clusters * width];
        var order = new int[rows];
        for (var i = 0; i < rows; i++)
            order[i] = i;
        random.Shuffle(order);
        for (var c = 0; c < clusters; c++)
            points.AsSpan(order[c % rows] * width, width).CopyTo(centroids.AsSpan(c * width));

        var assigned = new int[rows];
        var counts = new int[clusters];
        var sums = new double[clusters * width];
        for (var round = 0; round < iterations; round++)
        {
            var finder = new NearestCentroid(centroids, clusters, width);
            Parallel.For(0, (rows + 1023) / 1024, chunk =>
            {
                for (var row = chunk * 1024; row < Math.Min(rows, chunk * 1024 + 1024); row++)
                    assigned[row] = finder.Find(points.AsSpan(row * width, width));
            });
            Array.Clear(counts);
            Array.Clear(sums);
            for (var row = 0; row < rows; row++)
            {
                var cluster = assigned[row];
                counts[cluster]++;
                for (var d = 0; d < width; d++)
                    sums[cluster * width + d] += points[row * width + d];
            }
            for (var c = 0; c < clusters; c++)
            {
                for (var d = 0; d < width && counts[c] > 0; d++)
                    centroids[c * width + d] = (float)(sums[c * width + d] / counts[c]);
            }
            Refill(centroids, counts, width, random);
        }
        return centroids;
    }

    private static void Refill(float[] centroids, int[] counts, int width, Random random)
    {
        for (var c = 0; c < counts.Length; c++)
        {
            if (counts[c] > 0)
                continue;
            var largest = 0;
            for (var other = 1; other < counts.Length; other++)
            {
                if (counts[other] > counts[largest])
                    largest = other;
            }
            if (counts[largest] < 2)
                return;
            for (var d = 0; d < width; d++)
            {
                var value = centroids[largest * width + d];
                var shift = 1e-3f * (random.NextSingle() - 0.5f);
                centroids[c * width + d] = value * (1 + shift);
                centroids[largest * width + d] = value * (1 - shift);
            }
            counts[c] = counts[largest] / 2;
            counts[largest] -= counts[c];
        }
    }
}

/// <summary>Finds the nearest of a set of centroids, by squared distance; equal ones by number. Thread-safe.</summary>
internal sealed unsafe class NearestCentroid
{
    private readonly AlignedMemory _blocked, _halfSquares;
    private readonly int _clusters, _width, _blocks;

    [ThreadStatic]
    private static float[]? _products;

    public NearestCentroid(ReadOnlySpan<float> centroids, int clusters, int width)
    {
        (_clusters, _width) = (clusters, width);
        _blocks = (clusters + 15) / 16;
        _blocked = AlignedMemory.OfFloats((long)_blocks * 16 * width);
        _halfSquares = AlignedMemory.OfFloats(_blocks * 16);
        for (var c = 0; c < clusters; c++)
        {
            var centroid = centroids.Slice(c * width, width);
            _halfSquares.Floats[c] = TensorPrimitives.SumOfSquares(centroid) / 2;
            for (var d = 0; d < width; d++)
                _blocked.Floats[((c >> 4) * width + d) * 16 + (c & 15)] = centroid[d];
        }
    }

    /// <summary>[block of 16][width][16].</summary>
    public float* Blocked => _blocked.Floats;

    public int Find(ReadOnlySpan<float> point) => Find(point, 0, _clusters);

    /// <summary>Among the clusters from <paramref name="from"/> to <paramref name="toExcl"/>.</summary>
    public int Find(ReadOnlySpan<float> point, int from, int toExcl)
    {
        if (_products is null || _products.Length < _blocks * 16)
            _products = GC.AllocateArray<float>(_blocks * 16, pinned: true);
        var (first, last) = (from / 16, (toExcl + 15) / 16);
        fixed (float* x = point, products = _products)
        {
            FloatKernels.BlockedProducts(x, _width, Blocked + (nint)first * 16 * _width, last - first, products);
            var (best, bestScore) = (from, float.NegativeInfinity);
            for (var c = from; c < toExcl; c++)
            {
                var score = products[c - first * 16] - _halfSquares.Floats[c];
                if (score > bestScore)
                    (best, bestScore) = (c, score);
            }
            return best;
        }
    }
}
