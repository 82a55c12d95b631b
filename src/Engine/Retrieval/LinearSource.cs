namespace Recs.Engine.Retrieval;

/// <summary>
/// Item-to-item weights in closed form, summed over the newest items of the user's history (all counting alike), or those
/// of the seed on "similar to" pages. Negative weights lower a score; "because" is the item with the largest term.
/// </summary>
public sealed class LinearSource : ICandidateSource
{
    /// <summary>Newest items of the history that are summed.</summary>
    public const int HistoryCap = 100;

    public string Name => "linear";

    public bool IsReady(RetrievalContext context) => true;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        if (context.Model is not { Linear.Items.Length: > 0 } model)
            return ValueTask.CompletedTask;
        var scratch = SourceScratch.Current;
        scratch.Items.Clear();
        if (context.SeedItem >= 0)
        {
            Add(context, model.Linear, context.SeedItem, scratch);
        }
        else
        {
            var history = context.Session.History;
            for (var h = history.Length - 1; h >= Math.Max(0, history.Length - HistoryCap); h--)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (h > 0)
                    model.Linear.Prefetch(history[h - 1].Item, h > 1 ? history[h - 2].Item : -1);
                Add(context, model.Linear, history[h].Item, scratch);
            }
        }

        scratch.Top.Reset(context.Limit);
        var found = scratch.Items.Keys;
        for (var at = 0; at < found.Length; at++)
        {
            if (scratch.Sums[at] > 0 && float.IsFinite(scratch.Sums[at]))
                scratch.Top.Add(found[at], scratch.Sums[at]);
        }

        foreach (var key in scratch.Top.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            candidates.Add(item, TopSelector.ScoreOf(key), scratch.Because[scratch.Items.Find(item)]);
        }

        return ValueTask.CompletedTask;
    }

    private static void Add(RetrievalContext context, ItemNeighbours weights, int from, SourceScratch scratch)
    {
        var items = weights.Of(from);
        var values = weights.ScoresOf(from);
        scratch.ReserveSums(scratch.Items.Count + items.Length);
        for (var n = 0; n < items.Length; n++)
        {
            if (!context.Eligible[items[n]] || items[n] == context.SeedItem)
                continue;
            var at = scratch.Items.Add(items[n], out var isNew);
            if (isNew)
                (scratch.Sums[at], scratch.Largest[at], scratch.Because[at]) = (0, float.NegativeInfinity, from);
            scratch.Sums[at] += values[n];
            if (values[n] > scratch.Largest[at])
                (scratch.Largest[at], scratch.Because[at]) = (values[n], from);
        }
    }
}
