namespace Recs.Engine.Retrieval;

/// <summary>
/// Items that draw more attention than their baseline leads one to expect (<see cref="TrendScore"/>), as of the newest
/// event counted.
/// </summary>
public sealed class TrendingSource(AttentionRankings rankings) : ICandidateSource
{
    public string Name => "trending";

    public bool IsReady(RetrievalContext context) => rankings.IsReady(context);

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        var snapshot = rankings.For(context);
        var top = snapshot.TopTrending;
        for (var i = 0; i < top.Length && candidates.Count < context.Limit; i++)
        {
            if (context.Eligible[top[i]] && top[i] != context.SeedItem)
                candidates.Add(top[i], snapshot.Surprise[top[i]]);
        }
        if (candidates.Count >= Math.Min(context.Limit, context.EligibleCount) || top.Length < AttentionSnapshot.TopCap)
            return ValueTask.CompletedTask;

        candidates.Clear();
        var selector = SourceScratch.Current.Top;
        selector.Reset(context.Limit);
        var score = new Trend(snapshot);
        EligibleScan.Offer(context, ref score, selector, cancellationToken);
        foreach (var key in selector.Ordered())
            candidates.Add(TopSelector.ItemOf(key), TopSelector.ScoreOf(key));
        return ValueTask.CompletedTask;
    }

    private readonly struct Trend(AttentionSnapshot snapshot) : IItemScore
    {
        public float Of(int item) => snapshot.TrendOf(item);
    }
}
