using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Recs.Training.LinearAlgebra;

/// <summary>
/// Inverse of a symmetric positive definite matrix in place, in single precision, by sweeping blocks of pivots
/// (Goodnight 1979): n^3 floating-point operations, no second matrix. The result is the same on any number of threads.
/// </summary>
public static class SymmetricInverse
{
    /// <summary>Pivots of one sweep, and the multiple that <see cref="StrideOf"/> rounds up to.</summary>
    internal const int Block = 64;

    // Columns of one tile: 64 x 256 floats of the panel are 64 KiB, which stay in the second-level cache.
    private const int TileColumns = 256;

    /// <summary>Floats from one row to the next: the size rounded up to whole blocks.</summary>
    public static int StrideOf(int size) => (size + Block - 1) / Block * Block;

    /// <summary>Replaces the lower triangle by the inverse's, then mirrors it.</summary>
    /// <param name="matrix">StrideOf(size) squared, row-major; the lower triangle of the first <paramref name="size"/> rows is read.</param>
    /// <param name="size">1 or more.</param>
    /// <param name="threads">Worker threads; all cores when 0.</param>
    /// <param name="progress">Share done.</param>
    /// <param name="cancellationToken">Stops between blocks; the matrix is then of no use.</param>
    /// <exception cref="ArgumentException">A pivot is not positive: the matrix is not positive definite in single precision.</exception>
    public static void Invert(
        float[] matrix, int size, int threads = 0, Action<double>? progress = null, CancellationToken cancellationToken = default) =>
        Invert(matrix, size, threads, Vector512.IsHardwareAccelerated || Vector256.IsHardwareAccelerated, progress, cancellationToken);

    internal static void Invert(
        float[] matrix, int size, int threads, bool vectors, Action<double>? progress, CancellationToken cancellationToken)
    {
        var stride = StrideOf(size);
        if (size < 1 || matrix.Length != (long)stride * stride)
            throw new ArgumentException($"The matrix has {matrix.Length} entries; legal for size {size} is {stride} squared.", nameof(matrix));
        for (var i = size; i < stride; i++)
        {
            matrix.AsSpan(i * stride, i).Clear();
            matrix[i * stride + i] = 1;
        }

        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount,
            CancellationToken = cancellationToken,
        };
        var (column, scaled) = (new float[Block * stride], new float[stride * Block]);
        for (var pivot = 0; pivot < stride; pivot += Block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Sweep(matrix, stride, pivot, column, scaled, parallel, vectors);
            progress?.Invoke((double)(pivot + Block) / stride);
        }

        // After every sweep the matrix holds the inverse with its sign turned.
        Parallel.For(0, stride, parallel, i =>
        {
            for (var j = 0; j <= i; j++)
                matrix[i * stride + j] = -matrix[i * stride + j];
        });
        for (var i = 0; i < stride; i++)
        {
            for (var j = i + 1; j < stride; j++)
                matrix[i * stride + j] = matrix[j * stride + i];
        }
    }

    private static void Sweep(
        float[] matrix, int stride, int pivot, float[] column, float[] scaled, ParallelOptions parallel, bool vectors)
    {
        var inverse = PivotInverse(matrix, stride, pivot);
        // The pivot's columns, transposed: row p of the panel holds A[., pivot + p] with symmetry filled in.
        for (var p = 0; p < Block; p++)
        {
            for (var j = 0; j < pivot; j++)
                column[p * stride + j] = matrix[(pivot + p) * stride + j];
            for (var j = pivot; j < stride; j++)
                column[p * stride + j] = j < pivot + Block ? 0 : matrix[j * stride + pivot + p];
        }

        Parallel.For(0, stride / Block, parallel, block =>
        {
            if (block * Block == pivot)
                return;
            for (var i = block * Block; i < (block + 1) * Block; i++)
                Scale(column, stride, i, inverse, scaled.AsSpan(i * Block, Block));
        });
        Parallel.For(0, stride / Block, parallel, block =>
        {
            // Long rows first, so that threads end together.
            var row = stride - Block - block * Block;
            if (row == pivot)
                return;
            for (var from = 0; from < row + Block; from += TileColumns)
            {
                var width = Math.Min(TileColumns, row + Block - from);
                if (vectors)
                    SubtractVectors(matrix, stride, row, from, width, scaled, column);
                else
                    SubtractScalar(matrix, stride, row, from, width, scaled, column);
            }
        });

        for (var i = 0; i < stride; i++)
        {
            if (i >= pivot && i < pivot + Block)
                continue;
            for (var p = 0; p < Block; p++)
            {
                if (i > pivot)
                    matrix[i * stride + pivot + p] = scaled[i * Block + p];
                else
                    matrix[(pivot + p) * stride + i] = scaled[i * Block + p];
            }
        }

        for (var p = 0; p < Block; p++)
        {
            for (var q = 0; q < Block; q++)
                matrix[(pivot + p) * stride + pivot + q] = (float)-inverse[p * Block + q];
        }
    }

    private static void Scale(float[] column, int stride, int i, double[] inverse, Span<float> into)
    {
        Span<double> sums = stackalloc double[Block];
        sums.Clear();
        for (var p = 0; p < Block; p++)
        {
            double value = column[p * stride + i];
            if (value == 0)
                continue;
            for (var q = 0; q < Block; q++)
                sums[q] += value * inverse[p * Block + q];
        }

        for (var q = 0; q < Block; q++)
            into[q] = (float)sums[q];
    }

    /// <summary>Inverse of one diagonal block in double precision, by sweeping one pivot after the other.</summary>
    private static double[] PivotInverse(float[] matrix, int stride, int pivot)
    {
        var a = new double[Block * Block];
        for (var i = 0; i < Block; i++)
        {
            for (var j = 0; j <= i; j++)
                a[i * Block + j] = a[j * Block + i] = matrix[(pivot + i) * stride + pivot + j];
        }

        for (var k = 0; k < Block; k++)
        {
            var d = a[k * Block + k];
            if (!(d > 0) || !double.IsFinite(d))
                throw new ArgumentException($"Pivot {pivot + k} is {d}; legal is above 0. Raise the ridge.", nameof(matrix));
            for (var i = 0; i < Block; i++)
            {
                if (i == k)
                    continue;
                var f = a[i * Block + k] / d;
                for (var j = 0; j < Block; j++)
                {
                    if (j != k)
                        a[i * Block + j] -= f * a[k * Block + j];
                }
            }

            for (var i = 0; i < Block; i++)
            {
                if (i != k)
                    a[i * Block + k] = a[k * Block + i] /= d;
            }

            a[k * Block + k] = -1 / d;
        }

        for (var i = 0; i < a.Length; i++)
            a[i] = -a[i];
        return a;
    }

    /// <summary>A[row.., from..] -= scaled x column for 64 rows: 4 rows by 32 columns at a time in registers.</summary>
    private static void SubtractVectors(float[] matrix, int stride, int row, int from, int width, float[] scaled, float[] column)
    {
        ref var a = ref MemoryMarshal.GetArrayDataReference(matrix);
        ref var c = ref MemoryMarshal.GetArrayDataReference(column);
        ref var s = ref MemoryMarshal.GetArrayDataReference(scaled);
        for (var i = row; i < row + Block; i += 4)
        {
            for (var j = from; j < from + width; j += 32)
            {
                Vector512<float> a00 = default, a01 = default, a10 = default, a11 = default;
                Vector512<float> a20 = default, a21 = default, a30 = default, a31 = default;
                for (var p = 0; p < Block; p++)
                {
                    var at = (nuint)(p * stride + j);
                    var c0 = Vector512.LoadUnsafe(ref c, at);
                    var c1 = Vector512.LoadUnsafe(ref c, at + 16);
                    var w = (nint)(i * Block + p);
                    var s0 = Vector512.Create(System.Runtime.CompilerServices.Unsafe.Add(ref s, w));
                    (a00, a01) = (Vector512.FusedMultiplyAdd(s0, c0, a00), Vector512.FusedMultiplyAdd(s0, c1, a01));
                    var s1 = Vector512.Create(System.Runtime.CompilerServices.Unsafe.Add(ref s, w + Block));
                    (a10, a11) = (Vector512.FusedMultiplyAdd(s1, c0, a10), Vector512.FusedMultiplyAdd(s1, c1, a11));
                    var s2 = Vector512.Create(System.Runtime.CompilerServices.Unsafe.Add(ref s, w + 2 * Block));
                    (a20, a21) = (Vector512.FusedMultiplyAdd(s2, c0, a20), Vector512.FusedMultiplyAdd(s2, c1, a21));
                    var s3 = Vector512.Create(System.Runtime.CompilerServices.Unsafe.Add(ref s, w + 3 * Block));
                    (a30, a31) = (Vector512.FusedMultiplyAdd(s3, c0, a30), Vector512.FusedMultiplyAdd(s3, c1, a31));
                }

                Store(ref a, (nuint)(i * stride + j), a00, a01);
                Store(ref a, (nuint)((i + 1) * stride + j), a10, a11);
                Store(ref a, (nuint)((i + 2) * stride + j), a20, a21);
                Store(ref a, (nuint)((i + 3) * stride + j), a30, a31);
            }
        }

        static void Store(ref float into, nuint at, Vector512<float> first, Vector512<float> second)
        {
            (Vector512.LoadUnsafe(ref into, at) - first).StoreUnsafe(ref into, at);
            (Vector512.LoadUnsafe(ref into, at + 16) - second).StoreUnsafe(ref into, at + 16);
        }
    }

    private static void SubtractScalar(float[] matrix, int stride, int row, int from, int width, float[] scaled, float[] column)
    {
        for (var i = row; i < row + Block; i++)
        {
            for (var j = from; j < from + width; j++)
            {
                var sum = 0f;
                for (var p = 0; p < Block; p++)
                    sum = MathF.FusedMultiplyAdd(scaled[i * Block + p], column[p * stride + j], sum);
                matrix[i * stride + j] -= sum;
            }
        }
    }
}
