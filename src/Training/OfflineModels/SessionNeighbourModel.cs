using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Training.Evaluation;

namespace Recs.Training.OfflineModels;

/// <summary>Session neighbours: the index that serves, filled with the training runs in order.</summary>
/// <param name="Options">Of the index; its size is made to hold all runs.</param>
/// <param name="AgeDecay">Age in shares of the data's span (or of the runs, where times are unknown) after which a neighbour counts 1/e.</param>
public sealed record SessionNeighbourModel(SessionNeighbourOptions Options, double AgeDecay = double.PositiveInfinity) : IOfflineModel
{
    // Where times are unknown, run r of n is put at r / n of this.
    private const long SpanMs = 1_000_000_000;

    public IItemScorer Fit(Sequences train, FitContext context)
    {
        var (first, last) = train.HasTimes ? (train.AtMs.Min(), train.AtMs.Max()) : (0L, SpanMs);
        var decay = Math.Min(AgeDecay * Math.Max(1, last - first), 1e14);
        var index = new SessionNeighbourIndex(Options with
        {
            MaxSessions = Math.Max(1, train.Count),
            AgeDecay = TimeSpan.FromMilliseconds(Math.Max(1, decay)),
        });
        var order = Enumerable.Range(0, train.Count).ToArray();
        var ends = Array.ConvertAll(order, r => train.HasTimes && train.TimesOf(r) is [.., var end] ? end : (long)((double)r / train.Count * SpanMs));
        if (train.HasTimes)
            Array.Sort([.. ends], order);
        foreach (var run in order)
            index.Add(train.Of(run), ends[run]);
        return new Scorer(index, last);
    }

    private sealed class Scorer(SessionNeighbourIndex index, long lastMs) : IItemScorer
    {
        [ThreadStatic]
        private static SessionNeighbourQuery? _query;

        public void Score(EvaluationQuery query, Span<float> scores)
        {
            var run = _query ??= new SessionNeighbourQuery();
            run.Run(index, query.History, query.AtMs > 0 ? query.AtMs : lastMs);
            scores.Fill(float.NegativeInfinity);
            for (var i = 0; i < run.Items.Length; i++)
                scores[run.Items[i]] = run.Scores[i];
        }
    }
}
