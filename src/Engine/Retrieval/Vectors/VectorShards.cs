namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Partition by item id, and the merge of what the parts found. With <see cref="SearchEffort.Everything"/> the merged
/// answer is the one index's own; with less, each part keeps as long a shortlist as the one index would, so that the
/// merged answer finds no less.
/// </summary>
public static class VectorShards
{
    /// <summary>
    /// The shard of an item: stable over processes and machines, and when shards are added, only as many items move as
    /// the new ones receive (jump consistent hash, Lamping and Veach 2014, over xxHash64 of the UTF-16 id).
    /// </summary>
    /// <param name="itemId">As in the catalogue.</param>
    /// <param name="shards">1 up.</param>
    public static int ShardOf(string itemId, int shards)
    {
        if (shards < 1)
            throw RecommenderException.Invalid("shards", shards, "1 up");
        var key = XxHash64.OfEventId(itemId);
        var (bucket, next) = (-1L, 0L);
        while (next < shards)
        {
            bucket = next;
            key = key * 2862933555777941757UL + 1;
            next = (long)((bucket + 1) * ((1L << 31) / (double)((key >> 33) + 1)));
        }
        return (int)bucket;
    }

    /// <summary>
    /// Merges partial results that lie one after the other, in any order, of disjoint parts: fills
    /// <paramref name="results"/> with the best, best first, equal scores by item number. Sorts <paramref name="partial"/>.
    /// </summary>
    /// <returns>How many there are.</returns>
    public static int Merge(Span<ScoredItem> partial, Span<ScoredItem> results)
    {
        partial.Sort(default(BestFirst));
        var count = Math.Min(partial.Length, results.Length);
        partial[..count].CopyTo(results);
        return count;
    }

    private readonly struct BestFirst : IComparer<ScoredItem>
    {
        public int Compare(ScoredItem x, ScoredItem y)
        {
            var order = y.Score.CompareTo(x.Score);
            return order != 0 ? order : x.Item.CompareTo(y.Item);
        }
    }
}
