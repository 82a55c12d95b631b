using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// The directions in which a sample spreads most: orthonormal, by falling spread. Orthogonal iteration on the matrix of
/// second moments (Golub and Van Loan, 8.2.4); approximate directions do, since what they leave out is accounted for.
/// </summary>
internal static class PrincipalAxes
{
    private const int Iterations = 12;

    /// <remarks><c>sample</c>: Vectors of equal length, already centred where that is wanted. <c>count</c>: How many axes, at most the vectors' length.</remarks>
    /// <returns>Axes, a row each.</returns>
    public static float[][] Of(float[][] sample, int dimension, int count, int seed)
    {
        var moments = Moments(sample, dimension);
        var random = new Random(seed);
        var axes = new float[count][];
        for (var a = 0; a < count; a++)
        {
            axes[a] = new float[dimension];
            foreach (ref var value in axes[a].AsSpan())
                value = random.NextSingle() - 0.5f;
        }
        Orthonormalize(axes, random);
        for (var round = 0; round < Iterations; round++)
        {
            Parallel.For(0, count, a =>
            {
                var next = new float[dimension];
                for (var d = 0; d < dimension; d++)
                    next[d] = TensorPrimitives.Dot<float>(moments[d], axes[a]);
                axes[a] = next;
            });
            Orthonormalize(axes, random);
        }
        return axes;
    }

    private static float[][] Moments(float[][] sample, int dimension)
    {
        var moments = new float[dimension][];
        // Columns of the sample as rows: a moment is then one dot product.
        var columns = new float[dimension][];
        Parallel.For(0, dimension, d =>
        {
            columns[d] = new float[sample.Length];
            for (var n = 0; n < sample.Length; n++)
                columns[d][n] = sample[n][d];
        });
        for (var d = 0; d < dimension; d++)
            moments[d] = new float[dimension];
        Parallel.For(0, dimension, a =>
        {
            for (var b = 0; b <= a; b++)
            {
                var moment = TensorPrimitives.Dot<float>(columns[a], columns[b]) / sample.Length;
                moments[a][b] = moment;
                moments[b][a] = moment;
            }
        });
        return moments;
    }

    // Gram-Schmidt, twice for precision; a direction that vanishes is drawn again.
    private static void Orthonormalize(float[][] axes, Random random)
    {
        for (var a = 0; a < axes.Length; a++)
        {
            var axis = axes[a];
            for (var attempt = 0; attempt < 20; attempt++)
            {
                var before = TensorPrimitives.Norm<float>(axis);
                for (var pass = 0; pass < 2; pass++)
                {
                    for (var b = 0; b < a; b++)
                        TensorPrimitives.MultiplyAdd(axes[b], -TensorPrimitives.Dot<float>(axis, axes[b]), axis, axis);
                }
                var length = TensorPrimitives.Norm<float>(axis);
                if (length > 1e-5f * before && length > 1e-30f)
                {
                    TensorPrimitives.Multiply(axis, 1 / length, axis);
                    break;
                }
                foreach (ref var value in axis.AsSpan())
                    value = random.NextSingle() - 0.5f;
            }
        }
    }
}
