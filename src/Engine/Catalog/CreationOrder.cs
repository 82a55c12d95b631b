namespace Recs.Engine.Catalog;

/// <summary>
/// A posting's available items by time of creation, made when asked for and then kept: after a few changes only the
/// changed items are put in their places. One writer; readers never wait, at worst two do the same work.
/// </summary>
internal sealed class CreationOrder
{
    /// <summary>More changes than this since the last reader, and the next one sorts anew.</summary>
    private const int MaxChanges = 1024;

    private Change _newest = new(-1, 0, null);
    private Snapshot? _snapshot;

    /// <summary>Says that an item changed, after it did.</summary>
    public void Touch(int number)
    {
        var before = _newest;
        // Without a reader so far there is nothing to patch, and no need to remember.
        var remember = before.Depth < MaxChanges && Volatile.Read(ref _snapshot) is not null;
        Volatile.Write(ref _newest, remember ? new Change(number, before.Depth + 1, before) : new Change(number, 0, null));
    }

    /// <summary>Numbers of the posting whose items are available, oldest first, equal times by number.</summary>
    public int[] NewestLast(Posting posting, Func<int, CatalogItem?> items)
    {
        var newest = Volatile.Read(ref _newest);
        var snapshot = Volatile.Read(ref _snapshot);
        if (snapshot is not null && ReferenceEquals(snapshot.AsOf, newest))
            return snapshot.Numbers;
        var numbers = snapshot is not null && ChangedSince(snapshot.AsOf, newest) is { } changed
            ? Patch(snapshot.Numbers, changed, posting, items) ?? Sort(posting.Numbers(), items)
            : Sort(posting.Numbers(), items);
        Volatile.Write(ref _snapshot, new Snapshot(newest, numbers));
        // What came before is in the snapshot; who still walks there finds an end and sorts anew.
        newest.Before = null;
        return numbers;
    }

    private static int[] Sort(IEnumerable<int> numbers, Func<int, CatalogItem?> items)
    {
        var byCreation = new List<(long CreatedMs, int Number)>();
        foreach (var number in numbers)
        {
            if (items(number) is { Item.Available: true } item)
                byCreation.Add((item.CreatedMs, number));
        }

        byCreation.Sort();
        var sorted = new int[byCreation.Count];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = byCreation[i].Number;
        return sorted;
    }

    /// <summary>The numbers changed after one change up to another; null when that is no longer known.</summary>
    private static HashSet<int>? ChangedSince(Change asOf, Change newest)
    {
        var numbers = new HashSet<int>();
        for (var change = newest; !ReferenceEquals(change, asOf); change = change.Before)
        {
            numbers.Add(change.Number);
            if (change.Before is null)
                return null;
        }

        return numbers;
    }

    /// <summary>The old order without the changed numbers, and those that still belong at their places; null when a write came between.</summary>
    private static int[]? Patch(int[] before, HashSet<int> changed, Posting posting, Func<int, CatalogItem?> items)
    {
        var placed = Sort(changed.Where(posting.Contains), items);
        var kept = Array.FindAll(before, number => !changed.Contains(number));
        var patched = new int[kept.Length + placed.Length];
        var (from, to) = (0, 0);
        foreach (var number in placed)
        {
            if (items(number) is not { } item || FirstAfter(kept, from, (item.CreatedMs, number), items) is not { } until)
                return null;
            kept.AsSpan(from..until).CopyTo(patched.AsSpan(to));
            to += until - from;
            from = until;
            patched[to++] = number;
        }

        kept.AsSpan(from).CopyTo(patched.AsSpan(to));
        return patched;
    }

    private static int? FirstAfter(int[] numbers, int from, (long CreatedMs, int Number) key, Func<int, CatalogItem?> items)
    {
        var (low, high) = (from, numbers.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (items(numbers[middle]) is not { } item)
                return null;
            if ((item.CreatedMs, numbers[middle]).CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private sealed record Snapshot(Change AsOf, int[] Numbers);

    /// <summary>A changed item, and the changes before it.</summary>
    private sealed class Change(int number, int depth, Change? before)
    {
        private Change? _before = before;

        public int Number => number;

        /// <summary>Changes before it that may still be linked.</summary>
        public int Depth => depth;

        public Change? Before
        {
            get => Volatile.Read(ref _before);
            set => Volatile.Write(ref _before, value);
        }
    }
}
