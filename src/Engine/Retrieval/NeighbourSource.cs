namespace Recs.Engine.Retrieval;

/// <summary>
/// Item-to-item neighbours of the session's newest positive items (<see cref="SessionSeeds"/>), or of the seed on
/// "similar to" pages. The score is the weighted sum of similarities; "because" is the item with the largest term.
/// </summary>
public sealed class NeighbourSource : ICandidateSource
{
    public string Name => "neighbours";

    public bool IsReady(RetrievalContext context) => true;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (context.Model is not { } model)
            return ValueTask.CompletedTask;
        Span<int> seeds = stackalloc int[SessionSeeds.Cap];
        Span<float> weights = stackalloc float[SessionSeeds.Cap];
        var count = SessionSeeds.Fill(context, seeds, weights);

        var scratch = SourceScratch.Current;
        scratch.Items.Clear();
        for (var s = 0; s < count; s++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (s + 1 < count)
                model.Neighbours.Prefetch(seeds[s + 1], s + 2 < count ? seeds[s + 2] : -1);
            Add(context, model.Neighbours, seeds[s], weights[s], scratch);
        }
        Emit(context.Limit, scratch, candidates);
        return ValueTask.CompletedTask;
    }

    private static void Add(RetrievalContext context, ItemNeighbours neighbours, int seed, float weight, SourceScratch scratch)
    {
        var items = neighbours.Of(seed);
        var scores = neighbours.ScoresOf(seed);
        scratch.ReserveSums(scratch.Items.Count + items.Length);
        for (var n = 0; n < items.Length; n++)
        {
            var item = items[n];
            if (!context.Eligible[item] || item == context.SeedItem)
                continue;
            var term = weight * scores[n];
            var at = scratch.Items.Add(item, out var isNew);
            if (isNew)
            {
                (scratch.Sums[at], scratch.Largest[at], scratch.Because[at]) = (term, term, seed);
                continue;
            }
            scratch.Sums[at] += term;
            if (term > scratch.Largest[at])
                (scratch.Largest[at], scratch.Because[at]) = (term, seed);
        }
    }

    private static void Emit(int limit, SourceScratch scratch, CandidateList candidates)
    {
        scratch.Top.Reset(limit);
        var found = scratch.Items.Keys;
        for (var at = 0; at < found.Length; at++)
        {
            if (float.IsFinite(scratch.Sums[at]))
                scratch.Top.Add(found[at], scratch.Sums[at]);
        }
        foreach (var key in scratch.Top.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            candidates.Add(item, TopSelector.ScoreOf(key), scratch.Because[scratch.Items.Find(item)]);
        }
    }
}
