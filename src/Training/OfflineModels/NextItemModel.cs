using Recs.Training.Evaluation;
using Recs.Training.NextItem;

namespace Recs.Training.OfflineModels;

/// <summary>Causal self-attention over the order of a history.</summary>
/// <param name="Options">Shape and training.</param>
/// <param name="Once">
/// Where there is a validation split, the encoder trained on its training runs serves for the full data too: trained
/// once rather than twice in a two-stage model, it lacks what was held out.
/// </param>
/// <param name="Seed">Added to the run's seed, so that several encoders of one model differ.</param>
public sealed record NextItemModel(NextItemOptions Options, bool Once = false, int Seed = 0) : IOfflineModel
{
    private const int Cutoff = 10, MostJudged = 1_000;

    /// <summary>While it trains on a validation split's training runs, each epoch says its nDCG@10 there: a curve to choose the epochs by.</summary>
    public IItemScorer Fit(Sequences train, FitContext context)
    {
        if (Once && context.Validation is { } validation)
            train = validation.Train;
        context = context with { Seed = context.Seed + Seed };
        return new Scorer(Encoder(train, Options, context));
    }

    private static AttentionEncoder Encoder(Sequences train, NextItemOptions options, FitContext context)
    {
        if (context.KeptModels is not { } folder)
            return AttentionEncoder.Train(train, options, context, JudgeOf(train, context));
        var file = Path.Combine(folder, EncoderFile.NameOf(train, options, context.Seed));
        if (EncoderFile.Read(file, options, train.ItemCount) is { } kept)
            return kept;
        var trained = options.UnmetEpochs > 0 && options.Epochs > 0
            ? Encoder(train, options with { UnmetEpochs = 0 }, context).TrainUnmet(train, options, context, JudgeOf(train, context))
            : AttentionEncoder.Train(train, options, context, JudgeOf(train, context));
        Directory.CreateDirectory(folder);
        EncoderFile.Write(file, trained);
        return trained;
    }

    private static Func<AttentionEncoder, string>? JudgeOf(Sequences train, FitContext context)
    {
        if (context.Validation is not { } validation || !ReferenceEquals(train, validation.Train))
            return null;
        var judged = Some(validation);
        return encoder =>
        {
            var lists = Evaluator.Lists(judged, new Scorer(encoder), Cutoff, context.Parallel);
            return FormattableString.Invariant($", nDCG@10 {Evaluator.Judge(judged, lists, Cutoff).Average(static m => m.Ndcg):0.0000}");
        };
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
