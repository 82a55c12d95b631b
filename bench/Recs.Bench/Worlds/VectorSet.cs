using System.IO.Compression;
using System.Numerics.Tensors;
using Recs.Engine.Retrieval.Vectors;
using Recs.Training.Factorization;

namespace Recs.Bench.Worlds;

/// <summary>Vectors, queries and their exact 100 nearest.</summary>
internal sealed record VectorSet(string Name, string About, SpaceMetric Metric, int Dimension, float[] Base, float[] Queries)
{
    public const int Wanted = 100;

    private const string FashionFolder = "/usr/share/datasets/fashion-mnist";

    public int Count => Base.Length / Dimension;

    public int QueryCount => Queries.Length / Dimension;

    /// <summary>QueryCount x 100 item numbers, best first.</summary>
    public int[] Truth { get; private set; } = [];

    public ReadOnlySpan<float> Query(int query) => Queries.AsSpan(query * Dimension, Dimension);

    /// <summary>Null where Debian's package dataset-fashion-mnist is not installed.</summary>
    public static VectorSet? Fashion(int queries)
    {
        if (!Directory.Exists(FashionFolder))
            return null;
        var (train, test) = (Images("train-images-idx3-ubyte.gz"), Images("t10k-images-idx3-ubyte.gz"));
        return new VectorSet("a", "Fashion-MNIST, 784 pixels, L2", SpaceMetric.Euclidean, 784, train, test[..(Math.Min(queries, 10_000) * 784)]).WithTruth();

        static float[] Images(string file)
        {
            using var packed = new GZipStream(File.OpenRead(Path.Combine(FashionFolder, file)), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            packed.CopyTo(plain);
            return Array.ConvertAll(plain.ToArray()[16..], b => (float)b);
        }
    }

    /// <summary>Item factors of MovieLens 1M, or of a synthetic set of its size, with user factors as queries.</summary>
    public static VectorSet Factors(int queries, int seed)
    {
        var data = RatingsData.MovieLensSized(seed);
        var als = new ImplicitAls(
            FeedbackMatrix.From(data.UserCount, data.ItemCount, data.Users, data.Items, data.Strengths), new AlsOptions(64, 10, 0.1, 0.05, 1) { Seed = seed });
        for (var epoch = 0; epoch < 6; epoch++)
        {
            als.UserStep();
            als.ItemStep();
        }

        als.UserStep();
        var users = als.UserFactors();
        return new VectorSet("b", $"{data.Source} item factors, rank 64, inner product", SpaceMetric.InnerProduct, 64, als.ItemFactors(),
            users[..Math.Min(users.Length, queries * 64)]).WithTruth();
    }

    /// <summary>Gaussian with per-axis scale i^-0.35, times log-normal norms (0.4); queries without the norms.</summary>
    public static VectorSet Hard(int count, int queries, int seed)
    {
        var (items, asked) = HardValues(count, queries, seed);
        return new VectorSet("c", $"synthetic, {count:N0} x 64, inner product", SpaceMetric.InnerProduct, 64, items, asked).WithTruth();
    }

    /// <summary>Vectors and queries of <see cref="Hard"/>, without the truth.</summary>
    public static (float[] Items, float[] Queries) HardValues(int count, int queries, int seed)
    {
        const int Dimension = 64;
        var random = new Random(seed);
        var (items, asked) = (new float[count * Dimension], new float[queries * Dimension]);
        Fill(items, 0.4);
        Fill(asked, 0);
        return (items, asked);

        void Fill(float[] values, double sigma)
        {
            for (var row = 0; row < values.Length; row += Dimension)
            {
                var norm = Math.Exp(sigma * Normal());
                for (var d = 0; d < Dimension; d++)
                    values[row + d] = (float)(norm * Normal() * Math.Pow(d + 1, -0.35));
            }
        }

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>base.fvecs, query.fvecs, truth.ivecs: 4 bytes of length before each vector of 4-byte values.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        Save("base.fvecs", Base, Dimension);
        Save("query.fvecs", Queries, Dimension);
        Save("truth.ivecs", Truth, Wanted);

        void Save<T>(string name, T[] values, int length)
            where T : unmanaged
        {
            using var file = new BufferedStream(File.Create(Path.Combine(folder, name)), 1 << 20);
            for (var row = 0; row < values.Length; row += length)
            {
                file.Write(BitConverter.GetBytes(length));
                file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan(row, length)));
            }
        }
    }

    // In single precision with the distance formed directly: what separates neighbours 100 and 101 is far above its error.
    private VectorSet WithTruth()
    {
        Truth = new int[QueryCount * Wanted];
        const int Tile = 16;
        Parallel.For(0, (QueryCount + Tile - 1) / Tile, tile =>
        {
            var queries = Math.Min(Tile, QueryCount - tile * Tile);
            var best = Enumerable.Range(0, queries).Select(_ => new PriorityQueue<int, float>(Wanted + 1)).ToArray();
            var least = new float[queries];
            for (var item = 0; item < Count; item++)
            {
                var vector = Base.AsSpan(item * Dimension, Dimension);
                for (var q = 0; q < queries; q++)
                {
                    var query = Query(tile * Tile + q);
                    var score = Metric == SpaceMetric.InnerProduct ? TensorPrimitives.Dot(query, vector) : -TensorPrimitives.Distance(query, vector);
                    if (best[q].Count == Wanted && score <= least[q])
                        continue;
                    best[q].Enqueue(item, score);
                    if (best[q].Count > Wanted)
                        best[q].Dequeue();
                    best[q].TryPeek(out _, out least[q]);
                }
            }

            for (var q = 0; q < queries; q++)
            {
                for (var n = Wanted; n-- > 0;)
                    Truth[(tile * Tile + q) * Wanted + n] = best[q].Dequeue();
            }
        });
        return this;
    }
}
