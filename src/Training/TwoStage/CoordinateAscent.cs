using Recs.Training.Ranking.Trees;

namespace Recs.Training.TwoStage;

/// <summary>
/// Moves the weights of a sum one at a time as long as the nDCG of the queries it learns from rises (Metzler and Croft
/// 2007): where many items are right, the likelihood of choosing any of them is not what a list is judged by.
/// </summary>
internal static class CoordinateAscent
{
    private const int Passes = 3, Cutoff = 10;

    private static readonly double[] Steps = [-1, -0.5, -0.2, 0.2, 0.5, 1];

    /// <param name="rows">Standardised, rows x width.</param>
    /// <param name="table">Labels and query sizes of the rows.</param>
    /// <param name="weights">Where to begin; moved in place.</param>
    /// <returns>nDCG@10 that was reached on these queries.</returns>
    public static double Improve(float[] rows, TrainingTable table, double[] weights)
    {
        var width = weights.Length;
        var scores = new double[table.Rows];
        for (var r = 0; r < table.Rows; r++)
        {
            for (var f = 0; f < width; f++)
                scores[r] += weights[f] * rows[r * width + f];
        }

        var size = weights.Max(Math.Abs);
        var best = LambdaRankObjective.Ndcg(table, scores, Cutoff);
        var moved = new double[table.Rows];
        for (var pass = 0; pass < Passes && size > 0; pass++)
        {
            var before = best;
            for (var f = 0; f < width; f++)
            {
                foreach (var step in Steps)
                {
                    var change = step * size / (1 << pass);
                    for (var r = 0; r < moved.Length; r++)
                        moved[r] = scores[r] + change * rows[r * width + f];
                    var reached = LambdaRankObjective.Ndcg(table, moved, Cutoff);
                    // A gain of less is luck.
                    if (reached < best + 1e-4)
                        continue;
                    best = reached;
                    weights[f] += change;
                    moved.CopyTo(scores, 0);
                    break;
                }
            }

            if (best == before && pass > 0)
                break;
        }

        return best;
    }
}
