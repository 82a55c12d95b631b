namespace Recs.Engine.Retrieval;

/// <summary>
/// Matrix factorisation: items with the largest inner product with the folded-in user vector; on "similar to" pages
/// those nearest to the seed's factors by cosine. Finds nothing without model, vector or factors of the seed.
/// </summary>
public sealed class AlsSource : ICandidateSource
{
    public string Name => "als";

    public bool IsReady(RetrievalContext context) => true;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (context.Model is not { } model)
            return ValueTask.CompletedTask;
        if (context.SeedItem >= 0)
        {
            var row = model.Factors.RowOf(context.SeedItem);
            if (row >= 0)
                Search(context, model, model.Factors.Row(row), VectorMetric.Cosine, candidates, cancellationToken);
        }
        else if (context.UserVector is { } vector)
        {
            Search(context, model, vector, VectorMetric.InnerProduct, candidates, cancellationToken);
        }
        return ValueTask.CompletedTask;
    }

    private static void Search(
        RetrievalContext context, RecommenderModel model, ReadOnlySpan<float> query, VectorMetric metric,
        CandidateList candidates, CancellationToken cancellationToken)
    {
        var scratch = SourceScratch.Current;
        // One more than wanted: the seed itself may be among them.
        scratch.ReserveHits(context.Limit + 1);
        var found = model.Index.Search(query, metric, context.Eligible, scratch.Hits.AsSpan(0, context.Limit + 1), cancellationToken);
        for (var i = 0; i < found && candidates.Count < context.Limit; i++)
        {
            var hit = scratch.Hits[i];
            if (hit.Item != context.SeedItem && float.IsFinite(hit.Score))
                candidates.Add(hit.Item, hit.Score, context.SeedItem);
        }
    }
}
