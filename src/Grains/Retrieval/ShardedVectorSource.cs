namespace Recs.Grains.Retrieval;

/// <summary>
/// Matrix factorisation over the cluster's shards: the same candidates in the same order as the one-process source, which
/// searches the whole model.
/// </summary>
internal sealed class ShardedVectorSource(ItemCatalog catalog, ShardRouter router) : ICandidateSource
{
    public string Name => "als";

    public async ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (context.Model is not { } model || VectorOf(context, model) is not { } vector)
            return;
        var without = Without(context);
        var query = new ShardQuery
        {
            ModelVersion = model.Version,
            Vector = vector,
            Metric = (byte)(context.SeedItem >= 0 ? VectorMetric.Cosine : VectorMetric.InnerProduct),
            // One more than wanted: the seed itself may be among them.
            Limit = context.Limit + 1,
            Filter = context.Filter?.ToString(),
            Without = [],
        };
        var answers = await router.SearchAsync(
            ClusterNames.Behaviour, shard => query with { Without = without[shard] }, cancellationToken).ConfigureAwait(false);
        foreach (var (item, score) in Merge(answers, context))
            candidates.Add(item, score, context.SeedItem);
    }

    private static float[]? VectorOf(RetrievalContext context, RecommenderModel model)
    {
        if (context.SeedItem < 0)
            return context.UserVector;
        return model.Factors.RowOf(context.SeedItem) is var row and >= 0 ? model.Factors.Row(row).ToArray() : null;
    }

    // A shard is told only of its own items.
    private string[][] Without(RetrievalContext context)
    {
        var lists = new List<string>[router.Shards];
        for (var s = 0; s < lists.Length; s++)
            lists[s] = [];
        foreach (var item in context.Without)
        {
            var id = catalog.IdOf(item);
            lists[StableHash.Bucket(id, lists.Length)].Add(id);
        }

        return Array.ConvertAll(lists, list => list.ToArray());
    }

    private List<(int Item, float Score)> Merge(ShardAnswer[] answers, RetrievalContext context)
    {
        var all = new List<(int Item, float Score)>();
        foreach (var answer in answers)
        {
            for (var i = 0; i < answer.ItemIds.Length; i++)
            {
                if (catalog.TryGetNumber(answer.ItemIds[i], out var item) && item != context.SeedItem && context.Eligible[item])
                    all.Add((item, answer.Scores[i]));
            }
        }

        all.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Item.CompareTo(b.Item));
        if (all.Count > context.Limit)
            all.RemoveRange(context.Limit, all.Count - context.Limit);
        return all;
    }
}
