using System.Runtime.Intrinsics;

namespace Recs.Training.NextItem;

/// <summary>Small dense products in single precision; sums run over k in order, so the result depends on nothing else.</summary>
internal static unsafe class DenseKernel
{
    /// <summary>Columns of a product come in multiples of this.</summary>
    public const int Lanes = 16;

    // Rows of A from which packing pays, and the longest block that is packed: 512 KiB.
    private const int PackFrom = 32, MostPacked = 4_096;

    [ThreadStatic]
    private static float[]? _packed;

    public static int Padded(int columns) => (columns + Lanes - 1) / Lanes * Lanes;

    /// <summary>C = A B, or C += A B.</summary>
    /// <param name="a">A(i, k) is at i * rowStep + k * columnStep, so that a transposed matrix needs no copy.</param>
    /// <param name="rowStep">See above.</param>
    /// <param name="columnStep">See above.</param>
    /// <param name="b">k x n, row-major.</param>
    /// <param name="bStride">Floats from row to row of B.</param>
    /// <param name="c">m x n, row-major.</param>
    /// <param name="cStride">Floats from row to row of C.</param>
    /// <param name="m">Rows.</param>
    /// <param name="k">Inner size.</param>
    /// <param name="n">Columns, a multiple of 16.</param>
    /// <param name="add">Adds to what C holds.</param>
    public static void Multiply(
        float* a, int rowStep, int columnStep, float* b, int bStride, float* c, int cStride, int m, int k, int n, bool add)
    {
        if (!Vector512.IsHardwareAccelerated && !Vector256.IsHardwareAccelerated)
        {
            MultiplyScalar(a, rowStep, columnStep, b, bStride, c, cStride, m, k, n, add);
            return;
        }

        // A block of columns of B is read again for every four rows of A: packed, it stays in the nearest cache.
        var packed = m >= PackFrom && k <= MostPacked ? (_packed ??= new float[MostPacked * 32]) : null;
        fixed (float* pack = packed)
        {
            var j = 0;
            for (; j + 32 <= n; j += 32)
            {
                var panel = b + j;
                var stride = bStride;
                if (packed is not null)
                {
                    for (var p = 0; p < k; p++)
                    {
                        Vector512.Load(panel + p * bStride).Store(pack + p * 32);
                        Vector512.Load(panel + p * bStride + 16).Store(pack + p * 32 + 16);
                    }

                    panel = pack;
                    stride = 32;
                }

                var i = 0;
                for (; i + 8 <= m; i += 8)
                    Tile8x32(a + i * rowStep, rowStep, columnStep, panel, stride, c + i * cStride + j, cStride, k, add);
                for (; i < m; i++)
                    Tile1x32(a + i * rowStep, columnStep, panel, stride, c + i * cStride + j, k, add);
            }

            for (; j < n; j += 16)
            {
                var i = 0;
                for (; i + 4 <= m; i += 4)
                    Tile4x16(a + i * rowStep, rowStep, columnStep, b + j, bStride, c + i * cStride + j, cStride, k, add);
                for (; i < m; i++)
                    Tile1x16(a + i * rowStep, columnStep, b + j, bStride, c + i * cStride + j, k, add);
            }
        }
    }

    internal static void MultiplyScalar(
        float* a, int rowStep, int columnStep, float* b, int bStride, float* c, int cStride, int m, int k, int n, bool add)
    {
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = 0f;
                for (var p = 0; p < k; p++)
                    sum = MathF.FusedMultiplyAdd(a[i * rowStep + p * columnStep], b[p * bStride + j], sum);
                c[i * cStride + j] = add ? c[i * cStride + j] + sum : sum;
            }
        }
    }

    /// <summary>Writes the transpose of a rows x columns matrix; columns of the result past <paramref name="rows"/> are 0.</summary>
    public static void Transpose(float* from, int fromStride, float* to, int toStride, int rows, int columns)
    {
        for (var j = 0; j < columns; j++)
        {
            for (var i = 0; i < rows; i++)
                to[j * toStride + i] = from[i * fromStride + j];
            for (var i = rows; i < Padded(rows); i++)
                to[j * toStride + i] = 0;
        }
    }

    private static void Tile8x32(
        float* a, int rowStep, int columnStep, float* b, int bStride, float* c, int cStride, int k, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default, c70 = default, c71 = default;
        var half = a + 4 * rowStep;
        for (var p = 0; p < k; p++)
        {
            var (b0, b1) = (Vector512.Load(b), Vector512.Load(b + 16));
            var at = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(at, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(at, b1, c01);
            at = Vector512.Create(a[rowStep]);
            c10 = Vector512.FusedMultiplyAdd(at, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(at, b1, c11);
            at = Vector512.Create(a[2 * rowStep]);
            c20 = Vector512.FusedMultiplyAdd(at, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(at, b1, c21);
            at = Vector512.Create(a[3 * rowStep]);
            c30 = Vector512.FusedMultiplyAdd(at, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(at, b1, c31);
            at = Vector512.Create(*half);
            c40 = Vector512.FusedMultiplyAdd(at, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(at, b1, c41);
            at = Vector512.Create(half[rowStep]);
            c50 = Vector512.FusedMultiplyAdd(at, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(at, b1, c51);
            at = Vector512.Create(half[2 * rowStep]);
            c60 = Vector512.FusedMultiplyAdd(at, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(at, b1, c61);
            at = Vector512.Create(half[3 * rowStep]);
            c70 = Vector512.FusedMultiplyAdd(at, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(at, b1, c71);
            a += columnStep;
            half += columnStep;
            b += bStride;
        }

        Put(c, c00, c01, add);
        Put(c + cStride, c10, c11, add);
        Put(c + 2 * cStride, c20, c21, add);
        Put(c + 3 * cStride, c30, c31, add);
        Put(c + 4 * cStride, c40, c41, add);
        Put(c + 5 * cStride, c50, c51, add);
        Put(c + 6 * cStride, c60, c61, add);
        Put(c + 7 * cStride, c70, c71, add);
    }

    private static void Tile4x16(
        float* a, int rowStep, int columnStep, float* b, int bStride, float* c, int cStride, int k, bool add)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (var p = 0; p < k; p++)
        {
            var row = Vector512.Load(b + p * bStride);
            var at = a + p * columnStep;
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(*at), row, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(at[rowStep]), row, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(at[2 * rowStep]), row, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(at[3 * rowStep]), row, c3);
        }

        Put(c, c0, add);
        Put(c + cStride, c1, add);
        Put(c + 2 * cStride, c2, add);
        Put(c + 3 * cStride, c3, add);
    }

    private static void Tile1x32(float* a, int columnStep, float* b, int bStride, float* c, int k, bool add)
    {
        Vector512<float> c0 = default, c1 = default;
        for (var p = 0; p < k; p++)
        {
            var at = Vector512.Create(a[p * columnStep]);
            c0 = Vector512.FusedMultiplyAdd(at, Vector512.Load(b + p * bStride), c0);
            c1 = Vector512.FusedMultiplyAdd(at, Vector512.Load(b + p * bStride + 16), c1);
        }

        Put(c, c0, c1, add);
    }

    private static void Put(float* c, Vector512<float> first, Vector512<float> second, bool add)
    {
        Put(c, first, add);
        Put(c + 16, second, add);
    }

    private static void Put(float* c, Vector512<float> value, bool add) => (add ? value + Vector512.Load(c) : value).Store(c);

    private static void Tile1x16(float* a, int columnStep, float* b, int bStride, float* c, int k, bool add)
    {
        var sum = Vector512<float>.Zero;
        for (var p = 0; p < k; p++)
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(a[p * columnStep]), Vector512.Load(b + p * bStride), sum);
        Put(c, sum, add);
    }
}
