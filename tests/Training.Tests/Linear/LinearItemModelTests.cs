using MathNet.Numerics.LinearAlgebra;
using Recs.Training.Evaluation;
using Recs.Training.Linear;
using Recs.Training.OfflineModels;

namespace Recs.Training.Tests.Linear;

public sealed class LinearItemModelTests
{
    private static readonly Sequences Runs = Random(seed: 4, runs: 60, items: 9, length: 6);

    [Fact]
    public void Without_order_and_with_no_diagonal_it_is_ease()
    {
        var x = Matrix<double>.Build.Dense(Runs.Count, Runs.ItemCount);
        for (var r = 0; r < Runs.Count; r++)
        {
            foreach (var item in Runs.Of(r))
                x[r, item] = 1;
        }

        const double Lambda = 3;
        var p = (x.Transpose() * x + Lambda * Matrix<double>.Build.DenseIdentity(Runs.ItemCount)).Inverse();
        var weights = LinearItemModel.Fit(Runs, new LinearItemOptions { Lambda = Lambda }, new FitContext());
        for (var i = 0; i < Runs.ItemCount; i++)
        {
            var row = Row(weights, i, Runs.ItemCount);
            for (var j = 0; j < Runs.ItemCount; j++)
                Assert.Equal(i == j ? 0 : -p[i, j] / p[j, j], row[j], 1e-4);
        }
    }

    [Fact]
    public void Order_is_the_regression_of_every_future_on_its_past()
    {
        var options = new LinearItemOptions { Together = 0, Lambda = 2, PastDecay = 1.5, FutureDecay = 0.7, Window = 10, MaxDiagonal = 100 };
        List<double[]> pasts = [], futures = [];
        for (var r = 0; r < Runs.Count; r++)
        {
            var run = Runs.Of(r);
            for (var split = 1; split < run.Length; split++)
            {
                var (past, future) = (new double[Runs.ItemCount], new double[Runs.ItemCount]);
                for (var q = 0; q < split; q++)
                    past[run[q]] += Math.Exp(-(split - 1 - q) / options.PastDecay);
                for (var q = split; q < run.Length; q++)
                    future[run[q]] += Math.Exp(-(q - split) / options.FutureDecay);
                pasts.Add(past);
                futures.Add(future);
            }
        }

        var (s, t) = (Matrix<double>.Build.DenseOfRowArrays(pasts), Matrix<double>.Build.DenseOfRowArrays(futures));
        var exact = (s.Transpose() * s + options.Lambda * Matrix<double>.Build.DenseIdentity(Runs.ItemCount)).Inverse() * (s.Transpose() * t);
        var weights = LinearItemModel.Fit(Runs, options, new FitContext());
        for (var i = 0; i < Runs.ItemCount; i++)
        {
            var row = Row(weights, i, Runs.ItemCount);
            for (var j = 0; j < Runs.ItemCount; j++)
                Assert.Equal(exact[i, j], row[j], 1e-4);
        }
    }

    [Fact]
    public void Only_the_strongest_weights_are_kept_and_threads_change_nothing()
    {
        var all = LinearItemModel.Fit(Runs, new LinearItemOptions { Lambda = 3 }, new FitContext(Threads: 1));
        var some = LinearItemModel.Fit(Runs, new LinearItemOptions { Lambda = 3, Kept = 2 }, new FitContext(Threads: 3));
        for (var i = 0; i < Runs.ItemCount; i++)
            Assert.Equal(all.ScoresOf(i)[..2].ToArray(), some.ScoresOf(i).ToArray());
    }

    private static double[] Row(ItemNeighbours weights, int item, int items)
    {
        var row = new double[items];
        for (var k = 0; k < weights.Of(item).Length; k++)
            row[weights.Of(item)[k]] = weights.ScoresOf(item)[k];
        return row;
    }

    private static Sequences Random(int seed, int runs, int items, int length)
    {
        var random = new Random(seed);
        return Sequences.From(items, [.. Enumerable.Range(0, runs).Select(_ =>
        {
            var all = Enumerable.Range(0, items).ToArray();
            random.Shuffle(all);
            return all[..random.Next(2, length + 1)];
        })]);
    }
}
