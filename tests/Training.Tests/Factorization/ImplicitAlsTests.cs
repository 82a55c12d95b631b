using MathNet.Numerics.LinearAlgebra;
using Recs.Training.Factorization;

namespace Recs.Training.Tests.Factorization;

public class ImplicitAlsTests
{
    public static TheoryData<string, int> Kernels() => new()
    {
        { "scalar", 5 }, { "portable", 5 }, { "512", 5 }, { "512", 16 },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Half_steps_agree_with_a_dense_closed_form(string kernel, int rank)
    {
        var feedback = Random(users: 40, items: 25, density: 0.2, seed: 3);
        var options = new AlsOptions(rank, Alpha: 0.7, UnobservedWeight: 0.3, Lambda: 0.05, RegularizationExponent: 0.5);
        var als = new ImplicitAls(feedback, options, NormalEquationsTests.Kernel(kernel));
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var y = Dense(als.ItemFactors(), feedback.Columns, rank);
            als.UserStep();
            AssertClose(ClosedForm(feedback, y, options), als.UserFactors(), rank);

            var x = Dense(als.UserFactors(), feedback.Rows, rank);
            als.ItemStep();
            AssertClose(ClosedForm(feedback.Transpose(), x, options), als.ItemFactors(), rank);
        }
    }

    [Fact]
    public void Every_half_step_lowers_the_loss()
    {
        var feedback = Random(users: 200, items: 120, density: 0.1, seed: 4);
        var als = new ImplicitAls(feedback, new AlsOptions(16, 1, 0.1, 0.01, 1));
        als.UserStep();
        var last = als.Loss();
        for (var step = 0; step < 12; step++)
        {
            if (step % 2 == 0)
                als.ItemStep();
            else
                als.UserStep();
            var loss = als.Loss();
            Assert.True(loss < last * (1 + 1e-6), $"half-step {step}: {last} to {loss}");
            last = loss;
        }
    }

    [Fact]
    public void The_loss_is_the_objective_written_out()
    {
        var feedback = Random(users: 12, items: 9, density: 0.3, seed: 5);
        var options = new AlsOptions(3, Alpha: 2, UnobservedWeight: 0.4, Lambda: 0.1, RegularizationExponent: 1);
        var als = new ImplicitAls(feedback, options);
        als.UserStep();
        als.ItemStep();
        var (x, y) = (Dense(als.UserFactors(), 12, 3), Dense(als.ItemFactors(), 9, 3));
        var expected = 0.0;
        for (var u = 0; u < 12; u++)
        {
            for (var i = 0; i < 9; i++)
            {
                var at = feedback.IndicesOf(u).IndexOf(i);
                var s = x.Row(u).DotProduct(y.Row(i));
                expected += at < 0 ? 0.4 * s * s : (0.4 + 2 * feedback.ValuesOf(u)[at]) * (1 - s) * (1 - s);
            }

            expected += 0.1 * (feedback.IndicesOf(u).Length + 0.4 * 9) * x.Row(u).DotProduct(x.Row(u));
        }

        for (var i = 0; i < 9; i++)
            expected += 0.1 * (feedback.Transpose().IndicesOf(i).Length + 0.4 * 12) * y.Row(i).DotProduct(y.Row(i));
        Assert.Equal(expected / feedback.Count, als.Loss(), 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads()
    {
        var feedback = Random(users: 300, items: 200, density: 0.05, seed: 6);
        float[] Train(int seed, int threads)
        {
            var als = new ImplicitAls(feedback, new AlsOptions(24, 1, 0.1, 0.01, 1) { Seed = seed, Threads = threads });
            for (var epoch = 0; epoch < 3; epoch++)
            {
                als.UserStep();
                als.ItemStep();
            }

            return als.ItemFactors();
        }

        var one = Train(7, 1);
        Assert.Equal(one, Train(7, 2));
        Assert.Equal(one, Train(7, 5));
        Assert.NotEqual(one, Train(8, 1));
    }

    [Fact]
    public void Rows_without_feedback_are_zero()
    {
        var feedback = FeedbackMatrix.From(3, 3, [0, 0, 2], [0, 2, 2], [1, 2, 1]);
        var als = new ImplicitAls(feedback, new AlsOptions(4, 1, 0.1, 0.1, 1));
        als.UserStep();
        als.ItemStep();
        Assert.All(als.UserFactors()[4..8], v => Assert.Equal(0, v));
        Assert.All(als.ItemFactors()[4..8], v => Assert.Equal(0, v));
        Assert.Contains(als.UserFactors()[..4], v => v != 0);
    }

    internal static FeedbackMatrix Random(int users, int items, double density, int seed)
    {
        var random = new Random(seed);
        List<int> rows = [], columns = [];
        List<float> values = [];
        for (var u = 0; u < users; u++)
        {
            for (var i = 0; i < items; i++)
            {
                if (random.NextDouble() >= density)
                    continue;
                rows.Add(u);
                columns.Add(i);
                values.Add((float)(0.5 + 4 * random.NextDouble()));
            }
        }

        return FeedbackMatrix.From(users, items, rows.ToArray(), columns.ToArray(), values.ToArray());
    }

    /// <summary>(Y'C Y + ridge I)^-1 Y'C p with the whole confidence matrix, no Gramian trick.</summary>
    private static Matrix<double> ClosedForm(FeedbackMatrix feedback, Matrix<double> y, AlsOptions options)
    {
        var rank = y.ColumnCount;
        var x = Matrix<double>.Build.Dense(feedback.Rows, rank);
        for (var u = 0; u < feedback.Rows; u++)
        {
            var confidence = Vector<double>.Build.Dense(y.RowCount, options.UnobservedWeight);
            var preference = Vector<double>.Build.Dense(y.RowCount);
            var items = feedback.IndicesOf(u);
            var strengths = feedback.ValuesOf(u);
            for (var k = 0; k < items.Length; k++)
            {
                confidence[items[k]] += options.Alpha * strengths[k];
                preference[items[k]] = 1;
            }

            var ridge = options.Lambda * Math.Pow(items.Length + options.UnobservedWeight * y.RowCount, options.RegularizationExponent);
            var c = Matrix<double>.Build.DiagonalOfDiagonalVector(confidence);
            var a = y.Transpose() * c * y + ridge * Matrix<double>.Build.DenseIdentity(rank);
            x.SetRow(u, a.Solve(y.Transpose() * (confidence.PointwiseMultiply(preference))));
        }

        return x;
    }

    private static Matrix<double> Dense(float[] values, int rows, int rank) =>
        Matrix<double>.Build.Dense(rows, rank, (r, c) => values[r * rank + c]);

    private static void AssertClose(Matrix<double> expected, float[] actual, int rank)
    {
        var scale = expected.L2Norm() / Math.Sqrt(expected.RowCount);
        for (var r = 0; r < expected.RowCount; r++)
        {
            for (var c = 0; c < rank; c++)
                Assert.True(Math.Abs(expected[r, c] - actual[r * rank + c]) < 1e-4 * scale, $"({r},{c}): {actual[r * rank + c]}, expected {expected[r, c]}");
        }
    }
}
