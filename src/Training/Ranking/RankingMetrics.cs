using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Ranking;

/// <summary>Metrics on held-out pages and rows.</summary>
internal static class RankingMetrics
{
    private const int Top = 10;

    /// <summary>
    /// Hit rate and nDCG at 10 of the one answer per held-out page: by the two-stage list, by user vector alone over
    /// all eligible items, by popularity alone; the share of answers that the sources found and of those that were ranked, and
    /// how many candidates a page ranked.
    /// </summary>
    public static Dictionary<string, double> OfPages(IReadOnlyList<ReplayedPage> pages, int evaluateFrom, IRanker ranker)
    {
        double count = 0, found = 0, ranked = 0, candidates = 0;
        double[] hits = new double[3], gains = new double[3];
        foreach (var page in pages)
        {
            if (page.Event < evaluateFrom)
                continue;
            count++;
            found += page.AnswerAt >= 0 ? 1 : 0;
            ranked += page.Ranked is { Answer: >= 0 } ? 1 : 0;
            candidates += page.Ranked?.Count ?? 0;
            Add(0, RankOf(page, ranker));
            Add(1, page.AlsRank);
            Add(2, page.PopularityRank);
        }

        void Add(int list, int rank)
        {
            if (rank is < 0 or >= Top)
                return;
            hits[list]++;
            gains[list] += 1 / Math.Log2(rank + 2);
        }

        count = Math.Max(1, count);
        return new Dictionary<string, double>
        {
            ["pages"] = count,
            ["candidates.found"] = found / count,
            ["candidates.recall"] = ranked / count,
            ["candidates.mean"] = candidates / count,
            ["twoStage.hitRate@10"] = hits[0] / count,
            ["twoStage.ndcg@10"] = gains[0] / count,
            ["als.hitRate@10"] = hits[1] / count,
            ["als.ndcg@10"] = gains[1] / count,
            ["popularity.hitRate@10"] = hits[2] / count,
            ["popularity.ndcg@10"] = gains[2] / count,
        };
    }

    public static void AddRowMetrics(Dictionary<string, double> metrics, LabelledRows rows, IRanker ranker)
    {
        var scores = new float[rows.Count];
        var positive = new bool[rows.Count];
        double loss = 0, total = 0;
        for (var r = 0; r < rows.Count; r++)
        {
            ranker.Score(rows.Row(r), 1, scores.AsSpan(r, 1));
            loss += rows.Weight(r) * LogisticRegression.Softplus(rows.IsPositive(r) ? -scores[r] : scores[r]);
            total += rows.Weight(r);
            positive[r] = rows.IsPositive(r);
        }

        metrics["ranker.auc"] = BinaryMetrics.Auc(scores, positive);
        metrics["ranker.logloss"] = loss / total;
    }

    /// <summary>0-based rank of the answer by the ranker among what a served page would rank; -1 where that does not hold it.</summary>
    public static int RankOf(ReplayedPage page, IRanker ranker)
    {
        if (page.Ranked is not { Answer: >= 0 } ranked)
            return -1;
        var scores = new float[ranked.Count];
        ranker.Score(ranked.Features, ranked.Count, scores);
        var rank = 0;
        for (var r = 0; r < scores.Length; r++)
        {
            if (scores[r] > scores[ranked.Answer])
                rank++;
        }

        return rank;
    }
}
