using System.Runtime.Intrinsics;

namespace Recs.Training.NextItem;

/// <summary>Small dense products in single precision; sums run over k in order, so the result depends on nothing else.</summary>
internal static unsafe class DenseKernel
{
    /// <summary>Columns of a product come in multiples of this.</summary>
    public const int Lanes = 16;

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

        var i = 0;
        for (; i + 4 <= m; i += 4)
        {
            var j = 0;
            for (; j + 32 <= n; j += 32)
                Tile4x32(a + i * rowStep, rowStep, columnStep, b + j, bStride, c + i * cStride + j, cStride, k, add);
            for (; j < n; j += 16)
            {
                for (var r = 0; r < 4; r++)
                    Tile1x16(a + (i + r) * rowStep, columnStep, b + j, bStride, c + (i + r) * cStride + j, k, add);
            }
        }

        for (; i < m; i++)
        {
            for (var j = 0; j < n; j += 16)
                Tile1x16(a + i * rowStep, columnStep, b + j, bStride, c + i * cStride + j, k, add);
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

    private static void Tile4x32(
        float* a, int rowStep, int columnStep, float* b, int bStride, float* c, int cStride, int k, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default, c30 = default, c31 = default;
        for (var p = 0; p < k; p++)
        {
            var (b0, b1) = (Vector512.Load(b + p * bStride), Vector512.Load(b + p * bStride + 16));
            var at = a + p * columnStep;
            var a0 = Vector512.Create(*at);
            (c00, c01) = (Vector512.FusedMultiplyAdd(a0, b0, c00), Vector512.FusedMultiplyAdd(a0, b1, c01));
            var a1 = Vector512.Create(at[rowStep]);
            (c10, c11) = (Vector512.FusedMultiplyAdd(a1, b0, c10), Vector512.FusedMultiplyAdd(a1, b1, c11));
            var a2 = Vector512.Create(at[2 * rowStep]);
            (c20, c21) = (Vector512.FusedMultiplyAdd(a2, b0, c20), Vector512.FusedMultiplyAdd(a2, b1, c21));
            var a3 = Vector512.Create(at[3 * rowStep]);
            (c30, c31) = (Vector512.FusedMultiplyAdd(a3, b0, c30), Vector512.FusedMultiplyAdd(a3, b1, c31));
        }

        Put(c, c00, c01, add);
        Put(c + cStride, c10, c11, add);
        Put(c + 2 * cStride, c20, c21, add);
        Put(c + 3 * cStride, c30, c31, add);

        static void Put(float* c, Vector512<float> first, Vector512<float> second, bool add)
        {
            if (add)
                (first, second) = (first + Vector512.Load(c), second + Vector512.Load(c + 16));
            first.Store(c);
            second.Store(c + 16);
        }
    }

    private static void Tile1x16(float* a, int columnStep, float* b, int bStride, float* c, int k, bool add)
    {
        var sum = Vector512<float>.Zero;
        for (var p = 0; p < k; p++)
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(a[p * columnStep]), Vector512.Load(b + p * bStride), sum);
        if (add)
            sum += Vector512.Load(c);
        sum.Store(c);
    }
}
