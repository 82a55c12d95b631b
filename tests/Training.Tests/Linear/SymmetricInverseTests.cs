using MathNet.Numerics.LinearAlgebra;
using Recs.Training.LinearAlgebra;

namespace Recs.Training.Tests.Linear;

public sealed class SymmetricInverseTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(65, false)]
    [InlineData(200, true)]
    [InlineData(200, false)]
    public void The_inverse_times_the_matrix_is_the_identity(int size, bool vectors)
    {
        const int Seed = 3;
        var random = new Random(Seed);
        var stride = SymmetricInverse.StrideOf(size);
        var full = Matrix<double>.Build.Dense(size, size + 5, (_, _) => random.NextDouble() - 0.5);
        full = full * full.Transpose() + Matrix<double>.Build.DenseIdentity(size);
        var matrix = new float[stride * stride];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
                matrix[i * stride + j] = (float)full[i, j];
        }

        SymmetricInverse.Invert(matrix, size, threads: 2, vectors, null, default);
        var exact = full.Inverse();
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                Assert.Equal(exact[i, j], matrix[i * stride + j], 2e-5);
        }
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused_with_its_pivot()
    {
        var matrix = new float[64 * 64];
        matrix[0] = 1;
        matrix[65] = -2;
        Assert.Contains("Pivot 1 is -2", Assert.Throws<ArgumentException>(() => SymmetricInverse.Invert(matrix, 2)).Message, StringComparison.Ordinal);
    }
}
