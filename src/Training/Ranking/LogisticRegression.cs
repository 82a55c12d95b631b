using System.Numerics.Tensors;

namespace Recs.Training.Ranking;

/// <summary>Labelled, weighted feature rows. Not thread-safe while it grows.</summary>
internal sealed class LabelledRows(int width)
{
    private readonly List<float> _features = [];
    private readonly List<float> _weights = [];
    private readonly List<bool> _positive = [];
    private readonly List<int> _places = [];

    public int Width { get; } = width;

    public int Count => _positive.Count;

    public int Positives { get; private set; }

    /// <param name="row">Of the width.</param>
    /// <param name="positive">The label.</param>
    /// <param name="weight">0 or more.</param>
    /// <param name="place">0-based, on the page that showed it; 0 where no page did.</param>
    public void Add(ReadOnlySpan<float> row, bool positive, float weight, int place = 0)
    {
        _features.AddRange(row);
        _positive.Add(positive);
        _weights.Add(weight);
        _places.Add(place);
        Positives += positive ? 1 : 0;
    }

    public void Add(LabelledRows rows)
    {
        for (var r = 0; r < rows.Count; r++)
            Add(rows.Row(r), rows.IsPositive(r), rows.Weight(r), rows.Place(r));
    }

    public ReadOnlySpan<float> Row(int r) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_features).Slice(r * Width, Width);

    public Trees.TrainingTable ToTable() => new()
    {
        Width = Width,
        Features = [.. _features],
        Labels = [.. _positive.Select(p => p ? 1f : 0f)],
        Weights = [.. _weights],
    };

    public bool IsPositive(int r) => _positive[r];

    public float Weight(int r) => _weights[r];

    public int Place(int r) => _places[r];
}

/// <summary>Weights of a logistic regression over standardised features: log-odds = Bias + sum Weights (x - Means) / Scales.</summary>
internal sealed record LogisticWeights(double[] Means, double[] Scales, double[] Weights, double Bias, int Iterations);

/// <summary>
/// L2-regularised logistic regression by Newton's method (iteratively reweighted least squares), with step halving so
/// that the objective never rises. The bias is not regularised. Deterministic on any number of threads.
/// </summary>
internal static class LogisticRegression
{
    private const int MaxIterations = 50, ChunkRows = 1_024;

    /// <param name="rows">At least one of each label.</param>
    /// <param name="ridge">Penalty ridge / 2 |weights|^2 beside the sum of weighted losses. Above 0.</param>
    /// <param name="threads">Worker threads.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public static LogisticWeights Fit(LabelledRows rows, double ridge, int threads, CancellationToken cancellationToken = default)
    {
        if (rows.Positives == 0 || rows.Positives == rows.Count)
            throw new ArgumentException($"{rows.Positives} of {rows.Count} rows are positive; both labels are needed.", nameof(rows));
        var (means, scales) = Moments(rows);
        var width = rows.Width;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };

        // The bias is the last of width + 1 parameters.
        var theta = new double[width + 1];
        theta[width] = BaseLogOdds(rows);
        var state = Evaluate(rows, means, scales, theta, ridge, parallel);
        var iteration = 0;
        while (iteration < MaxIterations)
        {
            iteration++;
            var step = Solve(state.Hessian, state.Gradient);
            var decrement = TensorPrimitives.Dot<double>(step, state.Gradient);
            var scale = 1.0;
            (double[] Theta, Evaluation State) next;
            do
            {
                var moved = new double[width + 1];
                for (var i = 0; i < moved.Length; i++)
                    moved[i] = theta[i] - scale * step[i];
                next = (moved, Evaluate(rows, means, scales, moved, ridge, parallel));
                scale /= 2;
            }
            while (next.State.Objective > state.Objective && scale > 1e-6);

            if (next.State.Objective > state.Objective)
                break;
            (theta, state) = next;
            if (decrement < 1e-9 * (1 + state.Objective))
                break;
        }

        return new LogisticWeights(means, scales, theta[..width], theta[width], iteration);
    }

    private static (double[] Means, double[] Scales) Moments(LabelledRows rows)
    {
        var (means, scales) = (new double[rows.Width], new double[rows.Width]);
        var total = 0.0;
        for (var r = 0; r < rows.Count; r++)
        {
            total += rows.Weight(r);
            for (var i = 0; i < means.Length; i++)
                means[i] += rows.Weight(r) * (double)rows.Row(r)[i];
        }

        for (var i = 0; i < means.Length; i++)
            means[i] /= total;
        for (var r = 0; r < rows.Count; r++)
        {
            for (var i = 0; i < means.Length; i++)
                scales[i] += rows.Weight(r) * Math.Pow(rows.Row(r)[i] - means[i], 2);
        }

        // A feature that never varied says nothing; its weight stays 0 whatever its scale.
        for (var i = 0; i < scales.Length; i++)
            scales[i] = Math.Sqrt(scales[i] / total) is > 1e-7 and var deviation ? deviation : 1;
        return (means, scales);
    }

    private static double BaseLogOdds(LabelledRows rows)
    {
        double positive = 0, negative = 0;
        for (var r = 0; r < rows.Count; r++)
        {
            if (rows.IsPositive(r))
                positive += rows.Weight(r);
            else
                negative += rows.Weight(r);
        }

        return Math.Log(positive / negative);
    }

    private sealed record Evaluation(double Objective, double[] Gradient, double[] Hessian);

    private static Evaluation Evaluate(
        LabelledRows rows, double[] means, double[] scales, double[] theta, double ridge, ParallelOptions parallel)
    {
        var size = theta.Length;
        var chunks = (rows.Count + ChunkRows - 1) / ChunkRows;
        var partial = new Evaluation[chunks];
        var objectives = new double[chunks];
        Parallel.For(0, chunks, parallel, chunk =>
        {
            var (gradient, hessian, x) = (new double[size], new double[size * size], new double[size]);
            x[^1] = 1;
            for (var r = chunk * ChunkRows; r < Math.Min(rows.Count, (chunk + 1) * ChunkRows); r++)
            {
                var row = rows.Row(r);
                for (var i = 0; i < size - 1; i++)
                    x[i] = (row[i] - means[i]) / scales[i];
                var margin = TensorPrimitives.Dot<double>(x, theta);
                var p = 1 / (1 + Math.Exp(-margin));
                var weight = rows.Weight(r);
                objectives[chunk] += weight * Softplus(rows.IsPositive(r) ? -margin : margin);
                TensorPrimitives.MultiplyAdd(x, weight * (p - (rows.IsPositive(r) ? 1 : 0)), gradient, gradient);
                var curvature = weight * p * (1 - p);
                for (var i = 0; i < size; i++)
                {
                    var into = hessian.AsSpan(i * size, size);
                    TensorPrimitives.MultiplyAdd(x, curvature * x[i], into, into);
                }
            }

            partial[chunk] = new Evaluation(objectives[chunk], gradient, hessian);
        });

        var (sumGradient, sumHessian, objective) = (new double[size], new double[size * size], 0.0);
        foreach (var p in partial)
        {
            objective += p.Objective;
            TensorPrimitives.Add(sumGradient, p.Gradient, sumGradient);
            TensorPrimitives.Add(sumHessian, p.Hessian, sumHessian);
        }

        for (var i = 0; i < size - 1; i++)
        {
            objective += ridge / 2 * theta[i] * theta[i];
            sumGradient[i] += ridge * theta[i];
            sumHessian[i * size + i] += ridge;
        }

        // Only rounding could make the bias' curvature vanish.
        sumHessian[size * size - 1] += 1e-9;
        return new Evaluation(objective, sumGradient, sumHessian);
    }

    /// <summary>log(1 + e^x) without overflow.</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    /// <summary>Cholesky, in place of a copy.</summary>
    private static double[] Solve(double[] matrix, double[] right)
    {
        var size = right.Length;
        var (l, x) = ((double[])matrix.Clone(), (double[])right.Clone());
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = l[i * size + j];
                for (var k = 0; k < j; k++)
                    sum -= l[i * size + k] * l[j * size + k];
                l[i * size + j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / l[j * size + j];
            }
        }

        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < i; k++)
                x[i] -= l[i * size + k] * x[k];
            x[i] /= l[i * size + i];
        }

        for (var i = size - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < size; k++)
                x[i] -= l[k * size + i] * x[k];
            x[i] /= l[i * size + i];
        }

        return x;
    }
}
