using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Recs.Training.Factorization;

/// <summary>
/// The two inner loops of an exact ALS half-step, in float: sums of outer products, and the solution of a symmetric
/// positive definite system by Cholesky factorisation. Matrices are row-major, <c>stride</c> floats a row, a multiple
/// of <see cref="Alignment"/>; only the upper triangle counts, and what is past the rank is 0. Stateless, thread-safe.
/// </summary>
internal abstract class NormalEquations
{
    /// <summary>Floats that a row is padded to a multiple of.</summary>
    public const int Alignment = 16;

    /// <summary>The fastest that this processor has.</summary>
    public static NormalEquations Best { get; } =
        Vector512.IsHardwareAccelerated ? new NormalEquations512() : new NormalEquationsPortable();

    public static int StrideOf(int rank) => (rank + Alignment - 1) / Alignment * Alignment;

    /// <summary>Adds Z'Z to <paramref name="a"/>: the upper triangle is right, the rest may or may not be written.</summary>
    /// <param name="z"><paramref name="count"/> rows of <paramref name="stride"/> floats.</param>
    /// <param name="count">0 or more.</param>
    /// <param name="stride">Floats of a row of either matrix.</param>
    /// <param name="a">stride x stride.</param>
    public abstract void AddOuterProducts(ReadOnlySpan<float> z, int count, int stride, Span<float> a);

    /// <summary>
    /// Solves A x = b in place: <paramref name="a"/> becomes its Cholesky factor, <paramref name="b"/> the solution.
    /// False when A is not numerically positive definite; both are then of no use.
    /// </summary>
    public bool Solve(Span<float> a, int rank, int stride, Span<float> b)
    {
        if (!Factorise(a, rank, stride))
            return false;

        // R'y = b, a column of R' at a time, so that the inner loop runs along a row of R.
        for (var p = 0; p < rank; p++)
        {
            var row = a.Slice(p * stride, rank);
            var y = b[p] / row[p];
            b[p] = y;
            if (p + 1 < rank)
                TensorPrimitives.MultiplyAdd(row[(p + 1)..], -y, b[(p + 1)..rank], b[(p + 1)..rank]);
        }

        for (var k = rank - 1; k >= 0; k--)
        {
            var row = a.Slice(k * stride, rank);
            var rest = k + 1 < rank ? TensorPrimitives.Dot(row[(k + 1)..], b[(k + 1)..rank]) : 0;
            b[k] = (b[k] - rest) / row[k];
        }

        return true;
    }

    /// <summary>A = R'R, R over the upper triangle of A.</summary>
    protected abstract bool Factorise(Span<float> a, int rank, int stride);
}
