using System.Numerics.Tensors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval;

public class QuantizedIndexTests(ITestOutputHelper output)
{
    public static TheoryData<string> Kernels { get; } = new(
        new (string Name, bool Supported)[]
        {
            (Avx512Kernel.Name, Avx512Kernel.IsSupported), (Avx2Kernel.Name, Avx2Kernel.IsSupported),
            (ScalarKernel.Name, ScalarKernel.IsSupported),
        }.Where(k => k.Supported).Select(k => k.Name));

    [Theory, MemberData(nameof(Kernels))]
    public void Recall_holds_at_every_selectivity(string kernel)
    {
        const int items = 100_000, rank = 64, k = 100, seed = 2024, queries = 5;
        var factors = Worlds.Factors(items, rank, seed);
        var index = new QuantizedIndex(factors, kernel);
        var random = new Random(seed);
        var results = new ScoredItem[k];
        foreach (var metric in Enum.GetValues<VectorMetric>())
        {
            foreach (var share in new[] { 1, 0.5, 0.1, 0.01, 0.001, 0.0001 })
            {
                var (hits, wanted) = (0, 0);
                for (var q = 0; q < queries; q++)
                {
                    var query = Worlds.Query(rank, random);
                    var mask = share == 1 ? null : Worlds.Mask(items, share, random);
                    var found = index.Search(query, metric, mask, results);
                    var expected = BruteForce(factors, query, metric, mask, k);
                    Assert.Equal(expected.Length, found);
                    Assert.True(mask is null || results.Take(found).All(r => mask[r.Item]));
                    hits += expected.Select(e => e.Item).Intersect(results.Take(found).Select(r => r.Item)).Count();
                    wanted += expected.Length;
                    for (var i = 0; i < found; i++)
                    {
                        Assert.Equal(Exact(factors, query, metric, results[i].Item), results[i].Score);
                        Assert.True(i == 0 || results[i - 1].Score >= results[i].Score);
                    }
                }
                output.WriteLine($"{kernel} {metric} seed {seed}: {share:P2} eligible, recall@{k} {(double)hits / Math.Max(1, wanted):F4}");
                Assert.True(hits >= 0.99 * wanted, $"recall {hits} of {wanted} at {share:P2}");
            }
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Every_kernel_finds_the_same_to_the_last_bit(string kernel)
    {
        var random = new Random(8);
        foreach (var rank in new[] { 1, 3, 8, 50, 64, 130 })
        {
            var factors = Worlds.Factors(3_000, rank, 7);
            var (index, twin) = (new QuantizedIndex(factors, kernel), new QuantizedIndex(factors, "scalar"));
            var (a, b) = (new ScoredItem[20], new ScoredItem[20]);
            for (var q = 0; q < 10; q++)
            {
                var query = Worlds.Query(rank, random);
                var mask = q % 2 == 0 ? null : Worlds.Mask(3_000, 0.3, random);
                Assert.Equal(20, index.Search(query, VectorMetric.InnerProduct, mask, a));
                Assert.Equal(20, twin.Search(query, VectorMetric.InnerProduct, mask, b));
                Assert.Equal(b, a);
            }
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void The_widest_codes_do_not_saturate(string kernel)
    {
        var factors = Worlds.Factors(1_000, 64, 1);
        for (var i = 0; i < factors.Values.Length; i++)
            factors.Values[i] = (i / 64 % 2 == 0 ? 1 : -1) * (1 + i / 64 * 0.001f);
        var index = new QuantizedIndex(factors, kernel);
        var results = new ScoredItem[3];
        index.Search(Enumerable.Repeat(5f, 64).ToArray(), VectorMetric.InnerProduct, null, results);
        Assert.Equal([998, 996, 994], results.Select(r => r.Item));
        index.Search(Enumerable.Repeat(-5f, 64).ToArray(), VectorMetric.InnerProduct, null, results);
        Assert.Equal([999, 997, 995], results.Select(r => r.Item));
    }

    [Fact]
    public void Items_without_vectors_and_gaps_in_the_numbers_are_never_found()
    {
        var factors = Worlds.Factors(500, 16, 3, row => (499 - row) * 7 + 2);
        var index = new QuantizedIndex(factors);
        var results = new ScoredItem[600];
        var found = index.Search(Worlds.Query(16, new Random(1)), VectorMetric.InnerProduct, null, results);
        Assert.Equal(500, found);
        Assert.All(results.Take(found), r => Assert.Equal(2, r.Item % 7));

        var everything = Worlds.Mask(10_000, 1.1, new Random(1));
        Assert.Equal(500, index.Search(Worlds.Query(16, new Random(1)), VectorMetric.InnerProduct, everything, results));
        var shorter = Worlds.Mask(702, 1.1, new Random(1));
        Assert.Equal(100, index.Search(Worlds.Query(16, new Random(1)), VectorMetric.InnerProduct, shorter, results));
    }

    [Fact]
    public void Nothing_to_find_and_vectors_of_length_zero_are_no_error()
    {
        var results = new ScoredItem[10];
        var empty = new QuantizedIndex(Worlds.Factors(0, 8, 1));
        Assert.Equal(0, empty.Search(new float[8], VectorMetric.InnerProduct, null, results));

        var factors = Worlds.Factors(1_000, 8, 1);
        factors.Values.AsSpan(80, 8).Clear();
        var index = new QuantizedIndex(factors);
        Assert.Equal(0, index.Search(Worlds.Query(8, new Random(2)), VectorMetric.Cosine, null, []));
        Assert.Equal(10, index.Search(new float[8], VectorMetric.Cosine, null, results));
        Assert.All(results, r => Assert.Equal(0, r.Score));
        var all = new ScoredItem[1_000];
        Assert.Equal(1_000, index.Search(Worlds.Query(8, new Random(2)), VectorMetric.Cosine, null, all));
        Assert.Equal(0, all.Single(r => r.Item == 10).Score);
        Assert.Throws<ArgumentException>(() => index.Search(new float[7], VectorMetric.Cosine, null, results));
    }

    [Fact]
    public void A_search_allocates_nothing_after_the_first()
    {
        var index = new QuantizedIndex(Worlds.Factors(20_000, 64, 4));
        var query = Worlds.Query(64, new Random(1));
        var mask = Worlds.Mask(20_000, 0.5, new Random(1));
        var results = new ScoredItem[150];
        index.Search(query, VectorMetric.InnerProduct, mask, results);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            index.Search(query, VectorMetric.InnerProduct, mask, results);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_cancelled_search_stops()
    {
        var index = new QuantizedIndex(Worlds.Factors(2_000, 8, 4));
        Assert.Throws<OperationCanceledException>(() =>
            index.Search(new float[8], VectorMetric.InnerProduct, null, new ScoredItem[5], new CancellationToken(true)));
    }

    private static ScoredItem[] BruteForce(ItemFactors factors, float[] query, VectorMetric metric, ItemMask? mask, int k) =>
        Enumerable.Range(0, factors.Rows).Select(r => factors.ItemOfRow[r]).Where(i => mask is null || mask[i])
            .Select(i => new ScoredItem(i, Exact(factors, query, metric, i)))
            .OrderByDescending(s => s.Score).ThenBy(s => s.Item).Take(k).ToArray();

    private static float Exact(ItemFactors factors, float[] query, VectorMetric metric, int item)
    {
        var vector = factors.Row(factors.RowOf(item));
        var product = TensorPrimitives.Dot(query, vector);
        return metric == VectorMetric.InnerProduct
            ? product
            : product / (TensorPrimitives.Norm<float>(query) * TensorPrimitives.Norm(vector));
    }
}
