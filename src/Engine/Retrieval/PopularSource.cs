namespace Recs.Engine.Retrieval;

/// <summary>
/// Most popular items, live and as of training: the fallback that reaches every eligible item. When no more than twice
/// the limit are eligible it returns them all, beyond the limit, so that a narrow filter never empties a page.
/// </summary>
public sealed class PopularSource(AttentionRankings rankings) : ICandidateSource
{
    public string Name => "popular";

    public bool IsReady(RetrievalContext context) => rankings.IsReady(context);

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        var snapshot = rankings.For(context);
        var wanted = context.EligibleCount <= 2 * context.Limit ? context.EligibleCount : context.Limit;
        var top = snapshot.TopPopular;
        if (wanted == context.Limit)
        {
            // Items before a gap in the order are right as they stand; the scan below starts over if they are too few.
            for (var i = 0; i < top.Length && candidates.Count < wanted; i++)
            {
                if (context.Eligible[top[i]] && top[i] != context.SeedItem)
                    candidates.Add(top[i], snapshot.PopularityOf(top[i]));
            }
            if (candidates.Count >= wanted)
                return ValueTask.CompletedTask;
            candidates.Clear();
        }

        var selector = SourceScratch.Current.Top;
        selector.Reset(wanted);
        var score = new Popularity(snapshot);
        EligibleScan.Offer(context, ref score, selector, cancellationToken);
        foreach (var key in selector.Ordered())
            candidates.Add(TopSelector.ItemOf(key), TopSelector.ScoreOf(key));
        return ValueTask.CompletedTask;
    }

    private readonly struct Popularity(AttentionSnapshot snapshot) : IItemScore
    {
        public float Of(int item) => snapshot.PopularityOf(item);
    }
}
