namespace Recs.Training.Ranking.Trees;

/// <summary>A loss over the rows of one table.</summary>
internal interface ITreeObjective
{
    /// <summary>The best constant score.</summary>
    double BaseScore { get; }

    void Fill(ReadOnlySpan<double> scores, Gradients gradients);

    /// <summary>The figure that early stopping minimises.</summary>
    double Evaluate(ReadOnlySpan<double> scores);
}

/// <summary>Cross entropy of labels 0 and 1: derivatives w (p - y) and w p (1 - p).</summary>
internal sealed class LogisticObjective(TrainingTable table) : ITreeObjective
{
    public double BaseScore
    {
        get
        {
            double positive = 0, total = 0;
            for (var r = 0; r < table.Rows; r++)
            {
                positive += table.WeightOf(r) * table.Labels[r];
                total += table.WeightOf(r);
            }

            var p = Math.Clamp(positive / total, 1e-6, 1 - 1e-6);
            return Math.Log(p / (1 - p));
        }
    }

    public void Fill(ReadOnlySpan<double> scores, Gradients gradients)
    {
        for (var r = 0; r < scores.Length; r++)
        {
            var p = 1 / (1 + Math.Exp(-scores[r]));
            double weight = table.WeightOf(r);
            gradients.First[r] = weight * (p - table.Labels[r]);
            gradients.Second[r] = weight * Math.Max(p * (1 - p), 1e-16);
        }
    }

    /// <summary>Weighted mean cross entropy.</summary>
    public double Evaluate(ReadOnlySpan<double> scores)
    {
        double loss = 0, total = 0;
        for (var r = 0; r < scores.Length; r++)
        {
            double weight = table.WeightOf(r), label = table.Labels[r];
            loss += weight * (LogisticRegression.Softplus(scores[r]) - label * scores[r]);
            total += weight;
        }

        return loss / total;
    }
}
