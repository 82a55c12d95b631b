using Recs.Training.Ranking;

namespace Recs.Training.Tests.Ranking;

public sealed class RankingMetricsTests
{
    private static readonly int Feature = FeatureSchema.IndexOf("als_score");

    [Fact]
    public void A_page_is_judged_by_what_it_would_rank()
    {
        // Four found; the answer, third by score of what is ranked, then first, then found and not ranked, then not found at all.
        ReplayedPage[] pages = [Page(10, answerAt: 2, [0.9f, 0.8f, 0.5f], 2), Page(11, 0, [0.9f, 0.1f], 0), Page(12, 3, [0.2f], -1), Page(13, -1, [0.2f, 0.1f], -1)];
        Assert.Equal([2, 0, -1, -1], pages.Select(p => RankingMetrics.RankOf(p, new ByOneFeature())));

        var metrics = RankingMetrics.OfPages([Page(9, 0, [1f], 0), .. pages], evaluateFrom: 10, new ByOneFeature());
        Assert.Equal((4, 0.75, 0.5, 2), (metrics["pages"], metrics["candidates.found"], metrics["candidates.recall"], metrics["candidates.mean"]));
        Assert.Equal((0.5, (1 + 0.5) / 4), (metrics["twoStage.hitRate@10"], metrics["twoStage.ndcg@10"]));
    }

    private static ReplayedPage Page(int e, int answerAt, float[] ranked, int answer)
    {
        var rows = new float[ranked.Length * FeatureSchema.Width];
        for (var r = 0; r < ranked.Length; r++)
            rows[r * FeatureSchema.Width + Feature] = ranked[r];
        return new ReplayedPage
        {
            Event = e,
            Answer = 0,
            Candidates = 4,
            AnswerAt = answerAt,
            Features = [],
            Rows = 0,
            Ranked = new RankedRows(rows, ranked.Length, answer),
            AlsRank = -1,
            PopularityRank = -1,
        };
    }

    private sealed class ByOneFeature : IRanker
    {
        public string SchemaHash => FeatureSchema.Hash;

        public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
        {
            for (var r = 0; r < count; r++)
                scores[r] = rows[r * FeatureSchema.Width + Feature];
        }

        public void Explain(ReadOnlySpan<float> row, Span<double> contributions) => contributions[Feature] = row[Feature];
    }
}
