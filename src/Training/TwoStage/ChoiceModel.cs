using Recs.Training.Ranking.Trees;

namespace Recs.Training.TwoStage;

/// <summary>
/// Conditional logit (McFadden 1974): the weighted sum under which the relevant candidates of each query are most likely
/// chosen from it, with a ridge; by Newton's method, which finds the one optimum. Immutable.
/// </summary>
internal sealed class ChoiceModel
{
    private const int MostSteps = 25;

    private readonly double[] _means, _scales, _weights;

    private ChoiceModel(double[] means, double[] scales, double[] weights) => (_means, _scales, _weights) = (means, scales, weights);

    /// <summary>Weights of the standardised features; 0 for one that does not take part.</summary>
    public IReadOnlyList<double> Weights => _weights;

    public float Score(ReadOnlySpan<float> row)
    {
        double sum = 0;
        for (var f = 0; f < _weights.Length; f++)
            sum += _weights[f] * Standardised(row[f], f);
        return (float)sum;
    }

    /// <param name="table">Label 1 for relevant rows; queries without one teach nothing.</param>
    /// <param name="features">Which features take part; a missing value counts as two deviations below the mean.</param>
    /// <param name="ridge">On standardised weights, per query.</param>
    /// <param name="ascent">Goes on from the optimum as long as nDCG rises.</param>
    public static ChoiceModel Fit(TrainingTable table, IReadOnlyList<bool> features, double ridge, bool ascent = false)
    {
        var (means, scales) = Moments(table, features);
        var model = new ChoiceModel(means, scales, new double[table.Width]);
        var used = Enumerable.Range(0, table.Width).Where(f => features[f] && scales[f] > 0).ToArray();
        var rows = model.Standardise(table, used);
        var queries = table.QuerySizes!.Length;
        var (loss, weights) = (double.PositiveInfinity, new double[used.Length]);
        var step = new double[used.Length];
        for (var n = 0; n < MostSteps; n++)
        {
            var scale = 1.0;
            var (next, gradient, hessian) = Derivatives(table, rows, Moved(weights, step, scale), ridge * queries);
            // A step that overshoots is halved; at the optimum none helps.
            for (; next > loss && scale > 1e-4; scale /= 2)
                (next, gradient, hessian) = Derivatives(table, rows, Moved(weights, step, scale / 2), ridge * queries);
            if (next > loss)
                break;
            var gained = loss - next;
            (weights, loss) = (Moved(weights, step, scale), next);
            if (gained < 1e-7 * Math.Max(1, Math.Abs(loss)))
                break;
            step = Solve(hessian, gradient);
        }

        if (ascent && used.Length > 0)
            CoordinateAscent.Improve(rows, table, weights);
        for (var u = 0; u < used.Length; u++)
            model._weights[used[u]] = weights[u];
        return model;
    }

    private static double[] Moved(double[] weights, double[] step, double scale) => [.. weights.Zip(step, (w, s) => w - scale * s)];

    private static (double Loss, double[] Gradient, double[,] Hessian) Derivatives(TrainingTable table, float[] rows, double[] weights, double ridge)
    {
        var width = weights.Length;
        var (gradient, hessian) = (new double[width], new double[width, width]);
        double loss = 0;
        var mean = new double[width];
        var first = 0;
        foreach (var size in table.QuerySizes!)
        {
            double relevant = 0;
            for (var r = first; r < first + size; r++)
                relevant += table.Labels[r];
            if (relevant > 0 && relevant < size)
                loss += AddQuery(table, rows, first, size, relevant, weights, mean, gradient, hessian);
            first += size;
        }

        for (var f = 0; f < width; f++)
        {
            loss += ridge / 2 * weights[f] * weights[f];
            gradient[f] += ridge * weights[f];
            hessian[f, f] += ridge;
        }

        return (loss, gradient, hessian);
    }

    private static double AddQuery(
        TrainingTable table, float[] rows, int first, int size, double relevant, double[] weights, double[] mean, double[] gradient,
        double[,] hessian)
    {
        var width = weights.Length;
        var scores = new double[size];
        for (var r = 0; r < size; r++)
        {
            for (var f = 0; f < width; f++)
                scores[r] += weights[f] * rows[(first + r) * width + f];
        }

        var most = scores.Max();
        var total = scores.Sum(s => Math.Exp(s - most));
        Array.Clear(mean);
        double loss = 0;
        for (var r = 0; r < size; r++)
        {
            var p = Math.Exp(scores[r] - most) / total;
            var row = rows.AsSpan((first + r) * width, width);
            var share = table.Labels[first + r] / relevant;
            loss -= share > 0 ? share * (scores[r] - most - Math.Log(total)) : 0;
            for (var f = 0; f < width; f++)
            {
                mean[f] += p * row[f];
                gradient[f] -= share * row[f];
                var pf = p * row[f];
                for (var g = 0; g <= f; g++)
                    hessian[f, g] += pf * row[g];
            }
        }

        for (var f = 0; f < width; f++)
        {
            gradient[f] += mean[f];
            for (var g = 0; g <= f; g++)
                hessian[f, g] -= mean[f] * mean[g];
        }

        return loss;
    }

    /// <summary>Cholesky of the lower triangle; a vanishing pivot leaves its direction out.</summary>
    private static double[] Solve(double[,] a, double[] b)
    {
        var n = b.Length;
        var x = (double[])b.Clone();
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                for (var k = 0; k < j; k++)
                    a[i, j] -= a[i, k] * a[j, k];
                a[i, j] = j < i ? (a[j, j] > 0 ? a[i, j] / a[j, j] : 0) : Math.Sqrt(Math.Max(0, a[i, i]));
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
                x[i] -= a[i, k] * x[k];
            x[i] = a[i, i] > 0 ? x[i] / a[i, i] : 0;
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
                x[i] -= a[k, i] * x[k];
            x[i] = a[i, i] > 0 ? x[i] / a[i, i] : 0;
        }

        return x;
    }

    private float[] Standardise(TrainingTable table, int[] used)
    {
        var rows = new float[table.Rows * used.Length];
        for (var r = 0; r < table.Rows; r++)
        {
            for (var u = 0; u < used.Length; u++)
                rows[r * used.Length + u] = (float)Standardised(table.Row(r)[used[u]], used[u]);
        }

        return rows;
    }

    private double Standardised(float value, int feature) =>
        _scales[feature] <= 0 ? 0 : float.IsNaN(value) ? -2 : (value - _means[feature]) / _scales[feature];

    private static (double[] Means, double[] Scales) Moments(TrainingTable table, IReadOnlyList<bool> features)
    {
        var (means, scales) = (new double[table.Width], new double[table.Width]);
        for (var f = 0; f < table.Width; f++)
        {
            if (!features[f])
                continue;
            double sum = 0, squares = 0, known = 0;
            for (var r = 0; r < table.Rows; r++)
            {
                double value = table.Row(r)[f];
                if (!double.IsNaN(value))
                    (sum, squares, known) = (sum + value, squares + value * value, known + 1);
            }

            means[f] = known > 0 ? sum / known : 0;
            var variance = known > 0 ? squares / known - means[f] * means[f] : 0;
            scales[f] = variance > 1e-12 ? Math.Sqrt(variance) : 0;
        }

        return (means, scales);
    }
}
