using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Recs.Engine.Sessions;

/// <summary>
/// Dense symmetric positive definite systems in double precision. A matrix is its lower triangle, row-major with a
/// stride of whole vectors; what stands above the diagonal is unspecified. Stateless.
/// </summary>
internal static class NormalEquations
{
    /// <summary>The two loops that cost time: sum of outer products, and Cholesky.</summary>
    public abstract class Kernels
    {
        /// <summary>matrix += sum over rows of weight times row row'.</summary>
        public abstract void AddOuterProducts(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int rank, int stride);

        /// <summary>Replaces the matrix by its Cholesky factor L, with 1 / L[i,i] on the diagonal; false when it is not positive definite.</summary>
        public abstract bool Factor(Span<double> matrix, int rank, int stride);
    }

    /// <summary>With the processor's vectors.</summary>
    public static Kernels Vectors { get; } = new VectorKernels();

    /// <summary>One number at a time: the twin that the vectors are tested against.</summary>
    public static Kernels Scalar { get; } = new ScalarKernels();

    /// <summary>Rank rounded up to 8 places, a whole number of vectors on every processor up to 512 bits.</summary>
    public static int Stride(int rank) => (rank + 7) & ~7;

    /// <summary>matrix = weight * gramian + ridge * I, zeros in the padding.</summary>
    public static void Start(ReadOnlySpan<double> gramian, int rank, double weight, double ridge, Span<double> matrix, int stride)
    {
        for (var i = 0; i < rank; i++)
        {
            var row = matrix.Slice(i * stride, stride);
            TensorPrimitives.Multiply(gramian.Slice(i * rank, rank), weight, row);
            row[rank..].Clear();
            row[i] += ridge;
        }
    }

    /// <summary>Solves L L' x = b in place, with L as <see cref="Kernels.Factor"/> leaves it.</summary>
    public static void Substitute(ReadOnlySpan<double> factor, int rank, int stride, Span<double> x)
    {
        for (var i = 0; i < rank; i++)
        {
            var row = factor.Slice(i * stride, i + 1);
            var sum = x[i];
            for (var j = 0; j < i; j++)
                sum -= row[j] * x[j];
            x[i] = sum * row[i];
        }

        // By columns of L', that is by rows of L: each solved place is taken out of those before it.
        for (var i = rank - 1; i >= 0; i--)
        {
            var row = factor.Slice(i * stride, i + 1);
            var value = x[i] * row[i];
            x[i] = value;
            for (var j = 0; j < i; j++)
                x[j] -= row[j] * value;
        }
    }

    private sealed class ScalarKernels : Kernels
    {
        public override void AddOuterProducts(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int rank, int stride)
        {
            for (var n = 0; n < weights.Length; n++)
            {
                var row = rows.Slice(n * stride, rank);
                for (var i = 0; i < rank; i++)
                {
                    var scaled = weights[n] * row[i];
                    for (var j = 0; j <= i; j++)
                        matrix[i * stride + j] += scaled * row[j];
                }
            }
        }

        public override bool Factor(Span<double> matrix, int rank, int stride)
        {
            for (var i = 0; i < rank; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var sum = matrix[i * stride + j];
                    for (var k = 0; k < j; k++)
                        sum -= matrix[i * stride + k] * matrix[j * stride + k];
                    if (j < i)
                        matrix[i * stride + j] = sum * matrix[j * stride + j];
                    else if (sum > 0 && double.IsFinite(sum))
                        matrix[i * stride + i] = 1 / Math.Sqrt(sum);
                    else
                        return false;
                }
            }

            return true;
        }
    }

    private sealed class VectorKernels : Kernels
    {
        /// <summary>
        /// Four matrix rows by two vectors of columns stay in registers while all history rows pass by. The columns run
        /// past the diagonal to the end of the vector, into places that nobody reads.
        /// </summary>
        public override void AddOuterProducts(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int rank, int stride)
        {
            var width = Vector<double>.Count;
            var i = 0;
            for (; i + 4 <= rank; i += 4)
            {
                var j = 0;
                for (; j + width <= i + 3; j += 2 * width)
                    FourRowsTwoVectors(matrix, rows, weights, i, j, stride);
                if (j <= i + 3)
                    FourRowsOneVector(matrix, rows, weights, i, j, stride);
            }

            for (; i < rank; i++)
            {
                for (var j = 0; j <= i; j += width)
                    OneRowOneVector(matrix, rows, weights, i, j, stride);
            }
        }

        /// <summary>Row by row (Cholesky–Banachiewicz): every inner product runs along two rows.</summary>
        public override bool Factor(Span<double> matrix, int rank, int stride)
        {
            ref var first = ref MemoryMarshal.GetReference(matrix);
            for (var i = 0; i < rank; i++)
            {
                ref var row = ref Unsafe.Add(ref first, i * stride);
                for (var j = 0; j < i; j++)
                {
                    ref var other = ref Unsafe.Add(ref first, j * stride);
                    Unsafe.Add(ref row, j) = (Unsafe.Add(ref row, j) - Dot(ref row, ref other, j)) * Unsafe.Add(ref other, j);
                }

                var pivot = Unsafe.Add(ref row, i) - Dot(ref row, ref row, i);
                if (!(pivot > 0) || !double.IsFinite(pivot))
                    return false;
                Unsafe.Add(ref row, i) = 1 / Math.Sqrt(pivot);
            }

            return true;
        }

        private static void FourRowsTwoVectors(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int i, int j, int stride)
        {
            var width = Vector<double>.Count;
            var (a0, a1) = Load2(matrix, i * stride + j, width);
            var (b0, b1) = Load2(matrix, (i + 1) * stride + j, width);
            var (c0, c1) = Load2(matrix, (i + 2) * stride + j, width);
            var (d0, d1) = Load2(matrix, (i + 3) * stride + j, width);
            ref var row = ref MemoryMarshal.GetReference(rows);
            foreach (var weight in weights)
            {
                var y0 = Vector.LoadUnsafe(ref row, (nuint)j) * weight;
                var y1 = Vector.LoadUnsafe(ref row, (nuint)(j + width)) * weight;
                var left = new Vector<double>(Unsafe.Add(ref row, i));
                a0 = Vector.FusedMultiplyAdd(left, y0, a0);
                a1 = Vector.FusedMultiplyAdd(left, y1, a1);
                left = new Vector<double>(Unsafe.Add(ref row, i + 1));
                b0 = Vector.FusedMultiplyAdd(left, y0, b0);
                b1 = Vector.FusedMultiplyAdd(left, y1, b1);
                left = new Vector<double>(Unsafe.Add(ref row, i + 2));
                c0 = Vector.FusedMultiplyAdd(left, y0, c0);
                c1 = Vector.FusedMultiplyAdd(left, y1, c1);
                left = new Vector<double>(Unsafe.Add(ref row, i + 3));
                d0 = Vector.FusedMultiplyAdd(left, y0, d0);
                d1 = Vector.FusedMultiplyAdd(left, y1, d1);
                row = ref Unsafe.Add(ref row, stride);
            }

            Store2(matrix, i * stride + j, width, a0, a1);
            Store2(matrix, (i + 1) * stride + j, width, b0, b1);
            Store2(matrix, (i + 2) * stride + j, width, c0, c1);
            Store2(matrix, (i + 3) * stride + j, width, d0, d1);
        }

        private static void FourRowsOneVector(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int i, int j, int stride)
        {
            for (var row = i; row < i + 4; row++)
                OneRowOneVector(matrix, rows, weights, row, j, stride);
        }

        private static void OneRowOneVector(
            Span<double> matrix, ReadOnlySpan<double> rows, ReadOnlySpan<double> weights, int i, int j, int stride)
        {
            var sum = new Vector<double>(matrix[(i * stride + j)..]);
            ref var row = ref MemoryMarshal.GetReference(rows);
            foreach (var weight in weights)
            {
                sum = Vector.FusedMultiplyAdd(
                    new Vector<double>(Unsafe.Add(ref row, i) * weight), Vector.LoadUnsafe(ref row, (nuint)j), sum);
                row = ref Unsafe.Add(ref row, stride);
            }

            sum.CopyTo(matrix[(i * stride + j)..]);
        }

        private static (Vector<double> First, Vector<double> Second) Load2(Span<double> matrix, int at, int width) =>
            (new Vector<double>(matrix[at..]), new Vector<double>(matrix[(at + width)..]));

        private static void Store2(Span<double> matrix, int at, int width, Vector<double> first, Vector<double> second)
        {
            first.CopyTo(matrix[at..]);
            second.CopyTo(matrix[(at + width)..]);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static double Dot(ref double a, ref double b, int length)
        {
            var width = Vector<double>.Count;
            var sum0 = Vector<double>.Zero;
            var sum1 = Vector<double>.Zero;
            var i = 0;
            for (; i + 2 * width <= length; i += 2 * width)
            {
                sum0 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref a, (nuint)i), Vector.LoadUnsafe(ref b, (nuint)i), sum0);
                sum1 = Vector.FusedMultiplyAdd(
                    Vector.LoadUnsafe(ref a, (nuint)(i + width)), Vector.LoadUnsafe(ref b, (nuint)(i + width)), sum1);
            }

            if (i + width <= length)
            {
                sum0 = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref a, (nuint)i), Vector.LoadUnsafe(ref b, (nuint)i), sum0);
                i += width;
            }

            var sum = Vector.Sum(sum0 + sum1);
            for (; i < length; i++)
                sum += Unsafe.Add(ref a, i) * Unsafe.Add(ref b, i);
            return sum;
        }
    }
}
