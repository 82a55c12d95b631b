using MathNet.Numerics.LinearAlgebra;
using Recs.Training.Factorization;
using NormalEquations = Recs.Training.Factorization.NormalEquations;

namespace Recs.Training.Tests.Factorization;

/// <summary>Every kernel through the same tests, against double precision.</summary>
public class NormalEquationsTests
{
    public static TheoryData<string, int> KernelsAndRanks()
    {
        var data = new TheoryData<string, int>();
        foreach (var kernel in new[] { "scalar", "portable", "512" })
        {
            foreach (var rank in new[] { 1, 7, 16, 20, 33, 48, 64, 90, 128 })
                data.Add(kernel, rank);
        }

        return data;
    }

    // Vector512 code also runs, slower, on processors without the instructions.
    internal static NormalEquations Kernel(string name) => name switch
    {
        "scalar" => new NormalEquationsScalar(),
        "portable" => new NormalEquationsPortable(),
        _ => new NormalEquations512(),
    };

    [Theory]
    [MemberData(nameof(KernelsAndRanks))]
    public void Outer_products_are_added_to_the_upper_triangle(string kernel, int rank)
    {
        var stride = NormalEquations.StrideOf(rank);
        foreach (var count in new[] { 0, 1, 3, 130 })
        {
            var (z, dense) = RandomRows(count, rank, stride, seed: rank * 1000 + count);
            var a = new float[stride * stride];
            a.AsSpan().Fill(0.5f);
            Kernel(kernel).AddOuterProducts(z, count, stride, a);
            for (var i = 0; i < rank; i++)
            {
                for (var j = i; j < rank; j++)
                {
                    var expected = 0.5 + Enumerable.Range(0, count).Sum(k => dense[k, i] * dense[k, j]);
                    Assert.True(Math.Abs(expected - a[i * stride + j]) < 1e-4 * (1 + count), $"({i},{j}) of {count} rows: {a[i * stride + j]}, expected {expected}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndRanks))]
    public void Solving_agrees_with_a_double_precision_solution(string kernel, int rank)
    {
        var stride = NormalEquations.StrideOf(rank);
        var (z, dense) = RandomRows(2 * rank, rank, stride, seed: rank);
        var a = new float[stride * stride];
        Kernel(kernel).AddOuterProducts(z, 2 * rank, stride, a);
        var exact = dense.TransposeThisAndMultiply(dense);
        var b = new float[stride];
        var random = new Random(rank);
        for (var i = 0; i < rank; i++)
        {
            a[i * stride + i] += 1;
            exact[i, i] += 1;
            b[i] = (float)random.NextDouble();
        }

        var expected = exact.Cholesky().Solve(Vector<double>.Build.Dense(rank, i => b[i]));
        Assert.True(Kernel(kernel).Solve(a, rank, stride, b));
        for (var i = 0; i < rank; i++)
            Assert.Equal(expected[i], b[i], 1e-4);
    }

    [Theory]
    [InlineData("scalar")]
    [InlineData("portable")]
    [InlineData("512")]
    public void An_indefinite_matrix_is_refused(string kernel)
    {
        // Eigenvalues 3 and -1.
        var a = new float[16 * 16];
        (a[0], a[1], a[17]) = (1, 2, 1);
        Assert.False(Kernel(kernel).Solve(a, 2, 16, new float[16]));
    }

    private static (float[] Padded, Matrix<double> Dense) RandomRows(int count, int rank, int stride, int seed)
    {
        var random = new Random(seed);
        var padded = new float[count * stride];
        var dense = Matrix<double>.Build.Dense(Math.Max(1, count), rank);
        for (var k = 0; k < count; k++)
        {
            for (var i = 0; i < rank; i++)
                dense[k, i] = padded[k * stride + i] = (float)(random.NextDouble() - 0.5);
        }

        return (padded, dense);
    }
}
