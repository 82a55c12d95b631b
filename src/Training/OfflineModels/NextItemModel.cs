using Recs.Training.Evaluation;
using Recs.Training.NextItem;

namespace Recs.Training.OfflineModels;

/// <summary>Causal self-attention over the order of a history.</summary>
/// <param name="Options">Shape and training.</param>
/// <param name="Once">
/// Where there is a validation split, the encoder trained on its training runs serves for the full data too: trained
/// once rather than twice in a two-stage model, it lacks what was held out.
/// </param>
public sealed record NextItemModel(NextItemOptions Options, bool Once = false) : IOfflineModel
{
    private const int Cutoff = 10, MostJudged = 1_000;

    /// <summary>While it trains on a validation split's training runs, each epoch says its nDCG@10 there: a curve to choose the epochs by.</summary>
    public IItemScorer Fit(Sequences train, FitContext context)
    {
        if (Once && context.Validation is { } validation)
            train = validation.Train;
        if (context.KeptModels is not { } folder)
            return new Scorer(Trained(train, context));
        var file = Path.Combine(folder, EncoderFile.NameOf(train, Options, context.Seed));
        if (EncoderFile.Read(file, Options, train.ItemCount) is { } kept)
            return new Scorer(kept);
        var trained = Trained(train, context);
        Directory.CreateDirectory(folder);
        EncoderFile.Write(file, trained);
        return new Scorer(trained);
    }

    private AttentionEncoder Trained(Sequences train, FitContext context)
    {
        var judged = context.Validation is { } validation && ReferenceEquals(train, validation.Train) ? Some(validation) : null;
        return AttentionEncoder.Train(train, Options, context, judged is null ? null : encoder =>
        {
            var lists = Evaluator.Lists(judged, new Scorer(encoder), Cutoff, context.Parallel);
            return FormattableString.Invariant($", nDCG@10 {Evaluator.Judge(judged, lists, Cutoff).Average(static m => m.Ndcg):0.0000}");
        });
    }

    private static EvaluationTask Some(EvaluationTask task) => new()
    {
        Train = task.Train,
        Queries = [.. task.Queries.Take(MostJudged)],
        MaskHistory = task.MaskHistory,
        ItemIds = task.ItemIds,
    };

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
