using Recs.Training.Evaluation;

namespace Recs.Training.OfflineModels;

/// <summary>
/// Events by item, later runs counting more: an event that lies a share <c>x</c> of all events before the end counts
/// <c>e^(-x / decay)</c>.
/// </summary>
/// <param name="Decay">Above 0; infinity counts all alike.</param>
public sealed record PopularityModel(double Decay = double.PositiveInfinity) : IOfflineModel
{
    public IItemScorer Fit(Sequences train, FitContext context)
    {
        var counts = new double[train.ItemCount];
        for (var e = 0; e < train.Items.Length; e++)
            counts[train.Items[e]] += Math.Exp(-(double)(train.Items.Length - e) / train.Items.Length / Decay);
        return new Scorer(Array.ConvertAll(counts, static c => c > 0 ? (float)c : float.NegativeInfinity));
    }

    private sealed class Scorer(float[] counts) : IItemScorer
    {
        public void Score(EvaluationQuery query, Span<float> scores) => counts.CopyTo(scores);
    }
}
