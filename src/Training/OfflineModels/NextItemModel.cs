using Recs.Training.Evaluation;
using Recs.Training.NextItem;

namespace Recs.Training.OfflineModels;

/// <summary>Causal self-attention over the order of a history.</summary>
/// <param name="Options">Shape and training.</param>
public sealed record NextItemModel(NextItemOptions Options) : IOfflineModel
{
    public IItemScorer Fit(Sequences train, FitContext context) => new Scorer(AttentionEncoder.Train(train, Options, context));

    private sealed class Scorer(AttentionEncoder encoder) : IItemScorer
    {
        public void Score(EvaluationQuery query, Span<float> scores)
        {
            if (query.History.Length == 0)
                scores.Fill(float.NegativeInfinity);
            else
                encoder.Score(query.History, scores);
        }
    }
}
