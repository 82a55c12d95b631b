using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Tests.Retrieval.Vectors;

/// <summary>Seeded vectors, and the answer by plain loops in double precision.</summary>
internal static class VectorWorld
{
    public static string[] Kernels { get; } =
    [
        .. new (string Name, bool Supported)[]
        {
            (Avx512NibbleKernel.Name, Avx512NibbleKernel.IsSupported), (Avx2NibbleKernel.Name, Avx2NibbleKernel.IsSupported),
            (ScalarNibbleKernel.Name, ScalarNibbleKernel.IsSupported),
        }.Where(k => k.Supported).Select(k => k.Name),
    ];

    /// <summary>Gaussian around a few centres, falling spread by axis, lengths that vary.</summary>
    public static float[] Vectors(int count, int dimension, int seed)
    {
        var random = new Random(seed);
        var centres = Enumerable.Range(0, 20).Select(_ => Worlds.Query(dimension, random)).ToArray();
        var values = new float[count * dimension];
        for (var n = 0; n < count; n++)
        {
            var (centre, length) = (centres[random.Next(centres.Length)], Math.Exp(0.4 * Worlds.Normal(random)));
            for (var d = 0; d < dimension; d++)
                values[n * dimension + d] = (float)(length * (centre[d] + Worlds.Normal(random)) * Math.Pow(d + 1, -0.35));
        }
        return values;
    }

    public static double Score(SpaceMetric metric, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var (product, squareX, squareY, distance) = (0.0, 0.0, 0.0, 0.0);
        for (var d = 0; d < x.Length; d++)
        {
            product += x[d] * (double)y[d];
            squareX += x[d] * (double)x[d];
            squareY += y[d] * (double)y[d];
            distance += (x[d] - (double)y[d]) * (x[d] - (double)y[d]);
        }
        return metric switch
        {
            SpaceMetric.InnerProduct => product,
            SpaceMetric.Euclidean => -distance,
            _ => squareX > 0 && squareY > 0 ? product / Math.Sqrt(squareX * squareY) : 0,
        };
    }

    public static int[] Best(SpaceMetric metric, IReadOnlyDictionary<int, float[]> vectors, float[] query, int wanted, Func<int, bool>? passes = null) =>
        vectors.Where(v => passes is null || passes(v.Key)).Select(v => (v.Key, Score: Score(metric, query, v.Value)))
            .OrderByDescending(v => v.Score).ThenBy(v => v.Key).Take(wanted).Select(v => v.Key).ToArray();

    /// <summary>
    /// The first place of an answer that is not as good as the best there is: another score than the item's own, an item twice or unknown,
    /// or a better one passed over; -1 when there is none. Single precision may swap scores that lie within its rounding, so those may stand in either order.
    /// </summary>
    public static int FirstWrong(SpaceMetric metric, IReadOnlyDictionary<int, float[]> vectors, float[] query, ReadOnlySpan<ScoredItem> found)
    {
        var best = vectors.Values.Select(v => Score(metric, query, v)).OrderDescending().Take(found.Length).ToArray();
        var seen = new HashSet<int>();
        for (var place = 0; place < found.Length; place++)
        {
            if (place == best.Length || !seen.Add(found[place].Item) || !vectors.TryGetValue(found[place].Item, out var vector))
                return place;
            var (exact, rounding) = (Score(metric, query, vector), 1e-5 * Math.Max(1, Math.Abs(best[place])));
            if (Math.Abs(exact - found[place].Score) > rounding || Math.Abs(exact - best[place]) > rounding)
                return place;
        }
        return -1;
    }

    public static Dictionary<int, float[]> ByItem(float[] values, int dimension) =>
        Enumerable.Range(0, values.Length / dimension).ToDictionary(n => n, n => values.AsSpan(n * dimension, dimension).ToArray());

    public static VectorIndex Build(float[] values, int dimension, SpaceMetric metric, VectorIndexOptions? options = null) => VectorIndex.Build(
        new VectorSpace("test", dimension, metric), Enumerable.Range(0, values.Length / dimension).ToArray(), values, options);
}
