using System.Collections.Concurrent;

namespace Recs.Engine.Pipeline;

/// <summary>Which items may be on a page: available, passing the filter, and not excluded, seen, hidden or the seed.</summary>
internal sealed class Eligibility(ItemCatalog catalog)
{
    /// <summary>Masks kept for reuse; one is 1 bit per item.</summary>
    private const int PooledMasks = 32;

    private readonly ConcurrentBag<ItemMask> _pool = [];

    /// <summary>A mask of the items that may be on a page; give it back when nobody reads it any more.</summary>
    /// <param name="filter">Null for all.</param>
    /// <param name="without">Item numbers, as <see cref="Without"/> gives them.</param>
    public ItemMask For(ItemFilter? filter, IReadOnlyList<int> without)
    {
        if (!_pool.TryTake(out var mask))
            mask = new ItemMask();
        catalog.Match(filter, mask);
        for (var i = 0; i < without.Count; i++)
            mask.Remove(without[i]);
        return mask;
    }

    /// <summary>The same from ids; unknown ones do no harm.</summary>
    public ItemMask For(ItemFilter? filter, IReadOnlyList<string> without)
    {
        var mask = For(filter, Array.Empty<int>());
        for (var i = 0; i < without.Count; i++)
        {
            if (catalog.TryGetNumber(without[i], out var item))
                mask.Remove(item);
        }

        return mask;
    }

    /// <summary>What a plan leaves out whatever its filter says: excluded, hidden, seen, the seed.</summary>
    public int[] Without(PagePlan plan)
    {
        var session = plan.Session;
        var without = new int[plan.Exclude.Count + session.Hidden.Length + (plan.IncludeSeen ? 0 : session.Seen.Length) + 1];
        var count = 0;
        foreach (var id in plan.Exclude)
        {
            if (catalog.TryGetNumber(id, out var item))
                without[count++] = item;
        }

        session.Hidden.CopyTo(without, count);
        count += session.Hidden.Length;
        if (!plan.IncludeSeen)
        {
            session.Seen.CopyTo(without, count);
            count += session.Seen.Length;
        }

        if (plan.SeedItem >= 0)
            without[count++] = plan.SeedItem;
        Array.Resize(ref without, count);
        return without;
    }

    public void Return(ItemMask mask)
    {
        if (_pool.Count < PooledMasks)
            _pool.Add(mask);
    }

    /// <summary>The exact rule, on the item as it is now: what a page shows must pass it whatever changed meanwhile.</summary>
    public bool StillPasses(int item, PagePlan plan) =>
        catalog.Traits.TryRead(item, out var traits) && traits.Available &&
        (plan.Filter is null || catalog.Get(item) is { Item: { Available: true } current } && plan.Filter.Matches(current));
}
