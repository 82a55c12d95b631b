using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Pipeline;

/// <summary>Explains the places of one page: source scores, and each feature's share of the ranker's score.</summary>
internal sealed class ItemExplainer(CandidateSet candidates, float[] scores, ScoredCandidates? scored, IRanker ranker)
{
    private readonly double[] _contributions = new double[FeatureSchema.Width];

    public ItemExplanation Explain(Placement placement)
    {
        var bySource = new Dictionary<string, double>(StringComparer.Ordinal);
        var sources = candidates.Sources.Count;
        for (var s = 0; s < sources; s++)
        {
            if (candidates.Scores[placement.Candidate * sources + s] is var score && !float.IsNaN(score))
                bySource[candidates.Sources[s]] = score;
        }

        return new ItemExplanation
        {
            SourceScores = bySource,
            RankScore = scores[placement.Candidate],
            RankedAt = placement.RankedAt,
            Features = scored is null ? [] : Contributions(scored.Features.AsSpan(placement.Candidate * FeatureSchema.Width, FeatureSchema.Width)),
            Objective = scored?.Factors is { } factors ? Objective(factors, placement.Candidate) : null,
            Rules = placement.Rules,
        };
    }

    private static ObjectiveExplanation Objective(MixedFactors factors, int candidate) => new(
        LogisticRanker.Probability(factors.ClickScores[candidate]),
        LogisticRanker.Probability(factors.ConversionScores[candidate]),
        factors.Prices[candidate],
        factors.Weights.Click,
        factors.Weights.Purchase,
        factors.Weights.Value);

    private FeatureContribution[] Contributions(ReadOnlySpan<float> row)
    {
        ranker.Explain(row, _contributions);
        var all = new FeatureContribution[row.Length];
        for (var f = 0; f < row.Length; f++)
            all[f] = new FeatureContribution(FeatureSchema.Features[f].Name, row[f], _contributions[f]);
        Array.Sort(all, (a, b) => Math.Abs(b.Contribution).CompareTo(Math.Abs(a.Contribution)));
        return all;
    }
}
