using MathNet.Numerics.LinearAlgebra;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Sessions;

public class FoldInTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_vector_equals_a_full_solve_by_another_method(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var worst = 0.0;
        for (var round = 0; round < 120; round++)
        {
            var rank = round % 10 == 0 ? 64 : random.Next(1, 80);
            var factors = RandomFactors.Next(random, rank, rows: random.Next(1, 400), unknown: random.Next(20));
            var history = RandomFactors.History(random, factors, random.Next(0, 300));
            var expected = FullSolve(factors, history);
            foreach (var kernels in new[] { NormalEquations.Vectors, NormalEquations.Scalar })
            {
                var vector = new double[rank];
                var solved = FoldIn.Solve(factors, history, vector, kernels);
                Assert.Equal(expected is not null, solved);
                if (expected is null)
                    continue;
                var error = (Vector<double>.Build.Dense(vector) - expected).L2Norm() / expected.L2Norm();
                worst = Math.Max(worst, error);
                Assert.True(error < 1e-6, $"seed {seed}, round {round}, rank {rank}: off by {error}");
            }
        }

        output.WriteLine($"largest relative error {worst:e2}");
        Assert.True(worst > 0);
    }

    [Fact]
    public void One_item_at_rank_one_is_solved_by_hand()
    {
        // a0 = 0.5, alpha = 2, r = 3, y = 2, G = 4, one row of two, lambda = 0.1, nu = 1: ridge 0.1 (1 + 0.5 * 2) = 0.2.
        // (0.5 * 4 + 2 * 3 * 4 + 0.2) x = (0.5 + 6) * 2, so x = 13 / 26.2.
        var factors = new ItemFactors
        {
            Rank = 1,
            ItemOfRow = [5, 6],
            RowOfItem = [-1, -1, -1, -1, -1, 0, 1],
            Values = [2, 0],
            Gramian = [4],
            Alpha = 2,
            UnobservedWeight = 0.5,
            Lambda = 0.1,
            RegularizationExponent = 1,
        };
        var vector = new double[1];
        Assert.True(FoldIn.Solve(factors, [new HistoryEntry(5, 3, 0), new HistoryEntry(0, 9, 0), new HistoryEntry(99, 9, 0)], vector));
        Assert.Equal(13 / 26.2, vector[0], 14);
    }

    [Fact]
    public void Without_a_known_item_there_is_no_vector()
    {
        var factors = RandomFactors.Next(new Random(1), 8, 10, 3);
        var model = RandomFactors.Model(factors, "m1");
        Assert.Null(FoldIn.VectorFor(UserSession.Empty("u"), model));
        Assert.Null(FoldIn.VectorFor(new UserSession { UserId = "u", History = [new HistoryEntry(999, 1, 0)] }, model));
    }

    [Fact]
    public void A_vector_is_solved_once_for_each_model()
    {
        var random = new Random(2);
        var factors = RandomFactors.Next(random, 8, 10, 0);
        var session = new UserSession { UserId = "u", History = RandomFactors.History(random, factors, 5) };
        var first = FoldIn.VectorFor(session, RandomFactors.Model(factors, "m1"));
        Assert.Same(first, FoldIn.VectorFor(session, RandomFactors.Model(factors, "m1")));
        var other = RandomFactors.Next(random, 8, 10, 0);
        var second = FoldIn.VectorFor(session, RandomFactors.Model(other, "m2"));
        Assert.NotEqual(first, second);
        var solved = new double[8];
        FoldIn.Solve(other, session.History, solved);
        Assert.Equal(solved.Select(v => (float)v), second);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_ridge_that_is_not_above_zero_is_refused(double lambda)
    {
        var factors = RandomFactors.Next(new Random(1), 4, 5, 0, lambda);
        var e = Assert.Throws<ArgumentException>(() => FoldIn.Solve(factors, [new HistoryEntry(0, 1, 0)], new double[4]));
        Assert.Contains("Lambda", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_Gramian_is_refused_rather_than_solved()
    {
        var factors = RandomFactors.Next(new Random(1), 4, 5, 0);
        factors.Gramian[5] = -1000;
        Assert.Throws<ArgumentException>(() => FoldIn.Solve(factors, [new HistoryEntry(0, 1, 0)], new double[4]));
        Assert.Throws<ArgumentException>(() => FoldIn.Solve(factors, [new HistoryEntry(0, 1, 0)], new double[3]));
    }

    private static Vector<double>? FullSolve(ItemFactors factors, HistoryEntry[] history)
    {
        var known = history.Where(h => factors.RowOf(h.Item) >= 0).ToList();
        if (known.Count == 0)
            return null;
        var y = Matrix<double>.Build.Dense(factors.Rows, factors.Rank, (i, j) => factors.Values[i * factors.Rank + j]);
        // Confidences of all items, observed or not, straight from the objective.
        var confidence = Vector<double>.Build.Dense(factors.Rows, factors.UnobservedWeight);
        var preference = Vector<double>.Build.Dense(factors.Rows);
        foreach (var entry in known)
        {
            confidence[factors.RowOf(entry.Item)] += factors.Alpha * entry.Strength;
            preference[factors.RowOf(entry.Item)] = 1;
        }

        var ridge = factors.Lambda * Math.Pow(known.Count + factors.UnobservedWeight * factors.Rows, factors.RegularizationExponent);
        var weighted = Matrix<double>.Build.DiagonalOfDiagonalVector(confidence) * y;
        var normal = y.TransposeThisAndMultiply(weighted) + ridge * Matrix<double>.Build.DenseIdentity(factors.Rank);
        return normal.QR().Solve(y.TransposeThisAndMultiply(confidence.PointwiseMultiply(preference)));
    }
}
