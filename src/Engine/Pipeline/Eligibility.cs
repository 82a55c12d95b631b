using System.Collections.Concurrent;

namespace Recs.Engine.Pipeline;

/// <summary>Which items may be on a page: available, passing the filter, and not excluded, seen, hidden or the seed.</summary>
internal sealed class Eligibility(ItemCatalog catalog)
{
    /// <summary>Masks kept for reuse; one is 1 bit per item.</summary>
    private const int PooledMasks = 32;

    private readonly ConcurrentBag<ItemMask> _pool = [];

    /// <summary>A mask of the items that may be on the plan's page; give it back when nobody reads it any more.</summary>
    public ItemMask For(PagePlan plan)
    {
        if (!_pool.TryTake(out var mask))
            mask = new ItemMask();
        catalog.Match(plan.Filter, mask);
        foreach (var id in plan.Exclude)
        {
            if (catalog.TryGetNumber(id, out var item))
                mask.Remove(item);
        }

        foreach (var item in plan.Session.Hidden)
            mask.Remove(item);
        if (!plan.IncludeSeen)
        {
            foreach (var item in plan.Session.Seen)
                mask.Remove(item);
        }

        mask.Remove(plan.SeedItem);
        return mask;
    }

    public void Return(ItemMask mask)
    {
        if (_pool.Count < PooledMasks)
            _pool.Add(mask);
    }

    /// <summary>The exact rule, on the item as it is now: what a page shows must pass it whatever changed meanwhile.</summary>
    public bool StillPasses(int item, PagePlan plan) =>
        catalog.Get(item) is { Item: { Available: true } current } && (plan.Filter is null || plan.Filter.Matches(current));
}
