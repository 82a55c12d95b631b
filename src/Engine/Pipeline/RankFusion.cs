namespace Recs.Engine.Pipeline;

/// <summary>
/// Orders candidates by where their sources put them: reciprocal rank fusion, sum of 1 / (60 + rank) (Cormack, Clarke and
/// Büttcher 2009). Used where no ranker applies, and when the ranker is late.
/// </summary>
internal static class RankFusion
{
    private const float K = 60;

    public static float[] Score(CandidateSet candidates)
    {
        var scores = new float[candidates.Count];
        var sources = candidates.Sources.Count;
        for (var c = 0; c < candidates.Count; c++)
        {
            for (var s = 0; s < sources; s++)
            {
                if (candidates.Ranks[c * sources + s] is var rank and >= 0)
                    scores[c] += 1 / (K + rank + 1);
            }
        }

        return scores;
    }
}
