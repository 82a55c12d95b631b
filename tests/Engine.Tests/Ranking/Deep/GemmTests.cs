using Recs.Engine.Ranking.Deep;

namespace Recs.Engine.Tests.Ranking.Deep;

public sealed class GemmTests
{
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 8, 16, 32 }, { 7, 3, 31 }, { 9, 5, 33 }, { 64, 200, 200 }, { 17, 40, 65 }, { 3, 1, 100 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public unsafe void Products_are_those_of_three_loops_whatever_the_strides(int m, int k, int n)
    {
        var random = new Random(m * 1_000 + k * 10 + n);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
        foreach (var (transposedA, transposedB, add) in new[] { (false, false, false), (true, false, true), (false, true, true), (true, true, false) })
        {
            var (a, b, c) = (Draw(m * k), Draw(k * n), Draw(m * (n + 3)));
            var (rowA, columnA) = transposedA ? (1, m) : (k, 1);
            var (rowB, columnB) = transposedB ? (1, k) : (n, 1);
            var expected = new double[m * n];
            for (var i = 0; i < m; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    expected[i * n + j] = add ? c[i * (n + 3) + j] : 0;
                    for (var p = 0; p < k; p++)
                        expected[i * n + j] += (double)a[i * rowA + p * columnA] * b[p * rowB + j * columnB];
                }
            }

            var packed = new float[Gemm.PackedLength(k, n)];
            Gemm.Pack(b, rowB, columnB, k, n, packed);
            var plain = (float[])c.Clone();
            var outside = c[n];
            Gemm.Multiply(a, rowA, columnA, m, k, packed, n, c, n + 3, add);
            fixed (float* pa = a, pb = packed, pc = plain)
                Gemm.Plain(pa, rowA, columnA, m, k, pb, n, add ? pc : null, n + 3, pc, n + 3);
            for (var i = 0; i < m * n; i++)
            {
                Assert.Equal(expected[i], c[i / n * (n + 3) + i % n], 1e-4);
                Assert.Equal(expected[i], plain[i / n * (n + 3) + i % n], 1e-4);
            }

            Assert.Equal(outside, c[n]);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public unsafe void A_product_may_begin_at_one_row_for_all_and_writes_nothing_beside_itself(int m, int k, int n)
    {
        var random = new Random(m * 1_000 + k * 10 + n);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
        var (a, b, start, c) = (Draw(m * (k + 2)), Draw(k * n), Draw(n), Draw(m * (n + 1)));
        var before = (float[])c.Clone();
        var packed = new float[Gemm.PackedLength(k, n)];
        Gemm.Pack(b, n, 1, k, n, packed);
        var plain = (float[])c.Clone();
        Gemm.MultiplyFrom(a, k + 2, m, k, packed, n, start, c, n + 1);
        fixed (float* pa = a, pb = packed, ps = start, pc = plain)
            Gemm.Plain(pa, k + 2, 1, m, k, pb, n, ps, 0, pc, n + 1);
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                double expected = start[j];
                for (var p = 0; p < k; p++)
                    expected += (double)a[i * (k + 2) + p] * b[p * n + j];
                Assert.Equal(expected, c[i * (n + 1) + j], 1e-4);
                Assert.Equal(expected, plain[i * (n + 1) + j], 1e-4);
            }

            Assert.Equal(before[i * (n + 1) + n], c[i * (n + 1) + n]);
        }

        Assert.Throws<ArgumentException>(() => Gemm.MultiplyFrom(a, k + 2, m, k, packed, n, start.AsSpan(1), c, n + 1));
    }

    [Fact]
    public void Spans_too_short_for_a_product_are_refused() =>
        Assert.Throws<ArgumentException>(() => Gemm.Multiply(new float[5], 3, 1, 2, 3, new float[96], 2, new float[4], 2, add: false));
}
