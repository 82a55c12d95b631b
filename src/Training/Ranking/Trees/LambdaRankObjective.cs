namespace Recs.Training.Ranking.Trees;

/// <summary>
/// LambdaRank with nDCG (Burges 2010, "From RankNet to LambdaRank to LambdaMART", section 4): each pair of unlike grades
/// pulls by sigmoid(s_low - s_high) times the nDCG that swapping the two would change. Gains 2^grade - 1. The pulls of a
/// query are scaled by log2(1 + sum) / sum, so that no long query dominates.
/// </summary>
internal sealed class LambdaRankObjective : ITreeObjective
{
    private readonly TrainingTable _table;
    private readonly int _truncation;
    private readonly int[] _starts;
    private readonly double[] _idealInverse;

    public LambdaRankObjective(TrainingTable table, int truncation)
    {
        _table = table;
        _truncation = truncation;
        _starts = new int[table.QuerySizes!.Length + 1];
        _idealInverse = new double[table.QuerySizes.Length];
        for (var q = 0; q < _idealInverse.Length; q++)
        {
            _starts[q + 1] = _starts[q] + table.QuerySizes[q];
            var grades = table.Labels[_starts[q].._starts[q + 1]];
            Array.Sort(grades);
            Array.Reverse(grades);
            double ideal = 0;
            for (var i = 0; i < Math.Min(truncation, grades.Length); i++)
                ideal += Gain(grades[i]) * Discount(i);
            _idealInverse[q] = ideal > 0 ? 1 / ideal : 0;
        }
    }

    public double BaseScore => 0;

    public void Fill(ReadOnlySpan<double> scores, Gradients gradients)
    {
        Array.Clear(gradients.First);
        Array.Clear(gradients.Second);
        for (var q = 0; q + 1 < _starts.Length; q++)
            FillQuery(q, scores, gradients);
    }

    /// <summary>Minus the mean nDCG at 10.</summary>
    public double Evaluate(ReadOnlySpan<double> scores) => -Ndcg(_table, scores, 10);

    /// <summary>Mean nDCG at k over the queries; a query without a relevant row counts 1. Ties keep the order of rows.</summary>
    public static double Ndcg(TrainingTable table, ReadOnlySpan<double> scores, int k)
    {
        double sum = 0;
        var start = 0;
        foreach (var size in table.QuerySizes!)
        {
            var order = Order(scores.Slice(start, size));
            var grades = table.Labels[start..(start + size)];
            var ideal = (float[])grades.Clone();
            Array.Sort(ideal);
            Array.Reverse(ideal);
            double found = 0, best = 0;
            for (var i = 0; i < Math.Min(k, size); i++)
            {
                found += Gain(grades[order[i]]) * Discount(i);
                best += Gain(ideal[i]) * Discount(i);
            }

            sum += best > 0 ? found / best : 1;
            start += size;
        }

        return sum / table.QuerySizes.Length;
    }

    private void FillQuery(int q, ReadOnlySpan<double> all, Gradients gradients)
    {
        var (start, size) = (_starts[q], _starts[q + 1] - _starts[q]);
        if (_idealInverse[q] == 0)
            return;
        var scores = all.Slice(start, size);
        var order = Order(scores);
        double pulls = 0;
        var spread = scores[order[0]] != scores[order[^1]];
        for (var i = 0; i < Math.Min(_truncation, size); i++)
        {
            for (var j = i + 1; j < size; j++)
            {
                var (a, b) = (order[i], order[j]);
                double gradeA = _table.Labels[start + a], gradeB = _table.Labels[start + b];
                if (gradeA == gradeB)
                    continue;
                var (high, low) = gradeA > gradeB ? (a, b) : (b, a);
                var change = Math.Abs(Gain(gradeA) - Gain(gradeB)) * Math.Abs(Discount(i) - Discount(j)) * _idealInverse[q];
                var margin = scores[high] - scores[low];
                // Pairs already far apart are worth less to move.
                if (spread)
                    change /= 0.01 + Math.Abs(margin);
                var p = 1 / (1 + Math.Exp(margin));
                var (pull, curvature) = (change * p, change * p * (1 - p));
                gradients.First[start + high] -= pull;
                gradients.First[start + low] += pull;
                gradients.Second[start + high] += curvature;
                gradients.Second[start + low] += curvature;
                pulls += 2 * pull;
            }
        }

        if (pulls <= 0)
            return;
        var scale = Math.Log2(1 + pulls) / pulls;
        for (var r = start; r < start + size; r++)
        {
            var weight = scale * _table.WeightOf(r);
            gradients.First[r] *= weight;
            gradients.Second[r] *= weight;
        }
    }

    /// <summary>Rows of a query, best score first, ties in the order of rows.</summary>
    private static int[] Order(ReadOnlySpan<double> scores)
    {
        var (keys, order) = (scores.ToArray(), new int[scores.Length]);
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => keys[b].CompareTo(keys[a]) is var by and not 0 ? by : a.CompareTo(b));
        return order;
    }

    private static double Gain(double grade) => Math.Pow(2, grade) - 1;

    private static double Discount(int rank) => 1 / Math.Log2(rank + 2);
}
