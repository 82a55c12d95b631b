namespace Recs.Engine.Pipeline;

/// <summary>
/// Orders candidates by where their sources put them: reciprocal rank fusion, sum of 1 / (60 + rank) (Cormack, Clarke and
/// Büttcher 2009). Used where no ranker applies, and when the ranker is late.
/// </summary>
internal static class RankFusion
{
    private const float K = 60;

    // Popular items fill a page up; what another source found for a reason goes before them.
    private const string Fallback = "popular";
    private const float FallbackWeight = 0.01f;

    public static float WeightOf(string source) => source == Fallback ? FallbackWeight : 1;

    /// <summary>What a 0-based rank adds, in a source of some weight.</summary>
    public static float Term(float weight, int rank) => weight / (K + rank + 1);

    public static float[] Score(CandidateSet candidates)
    {
        var scores = new float[candidates.Count];
        var sources = candidates.Sources.Count;
        for (var s = 0; s < sources; s++)
        {
            var weight = WeightOf(candidates.Sources[s]);
            for (var c = 0; c < candidates.Count; c++)
            {
                if (candidates.Ranks[c * sources + s] is var rank and >= 0)
                    scores[c] += Term(weight, rank);
            }
        }

        return scores;
    }
}
