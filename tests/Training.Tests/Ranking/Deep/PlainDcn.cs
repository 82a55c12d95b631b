using Recs.Engine.Ranking.Deep;

namespace Recs.Training.Tests.Ranking.Deep;

/// <summary>The network's formulas in double precision, one row at a time, with no code in common with the trainer's.</summary>
internal static class PlainDcn
{
    public static double Logit(DcnNetwork network, double[] parameters, float[] row)
    {
        var shape = network.Shape;
        var x0 = new List<double>();
        for (var i = 0; i < shape.Numeric.Length; i++)
        {
            var value = row[shape.Numeric[i]];
            x0.Add(float.IsNaN(value) ? 0 : ((double)value - network.Means[i]) * network.InverseScales[i]);
        }

        var at = 0;
        foreach (var category in shape.Categories)
        {
            var start = at + category.RowOf(row[category.Column]) * category.Dimensions;
            x0.AddRange(parameters[start..(start + category.Dimensions)]);
            at += category.Rows * category.Dimensions;
        }

        double[] Take(int count)
        {
            at += count;
            return parameters[(at - count)..at];
        }

        double[] Times(double[] x, double[] w, int columns) =>
            [.. Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, x.Length).Sum(i => x[i] * w[i * columns + j]))];

        var d = x0.Count;
        var x = x0.ToArray();
        for (var l = 0; l < shape.Cross; l++)
        {
            double[] s;
            if (shape.Rank == 0)
            {
                s = Times(x, Take(d * d), d);
            }
            else
            {
                var (k, r) = (shape.Experts, shape.Rank);
                var gates = Times(x, Take(d * k), k).Select(Math.Exp).ToArray();
                var v = Times(x, Take(d * k * r), k * r).Select(Math.Tanh).ToArray();
                var hidden = Enumerable.Range(0, k).SelectMany(e =>
                    Times(v[(e * r)..((e + 1) * r)], Take(r * r), r).Select(h => Math.Tanh(h) * gates[e] / gates.Sum())).ToArray();
                s = Times(hidden, Take(k * r * d), d);
            }

            var bias = Take(d);
            x = [.. Enumerable.Range(0, d).Select(j => x0[j] * (s[j] + bias[j]) + x[j])];
        }

        var h = shape.Stacked ? x : [.. x0];
        foreach (var units in shape.Deep)
        {
            var product = Times(h, Take(h.Length * units), units);
            var bias = Take(units);
            h = [.. product.Select((p, j) => Math.Max(0, p + bias[j]))];
        }

        double[] output = shape.Deep.Length == 0 ? x : shape.Stacked ? h : [.. x, .. h];
        var weights = Take(output.Length);
        return output.Select((o, j) => o * weights[j]).Sum() + Take(1)[0];
    }
}
