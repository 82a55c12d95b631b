namespace Recs.Engine.Retrieval;

/// <summary>
/// The newest available items at one state of the catalogue. New is relative: an item created later than half of the
/// others, so that a catalogue imported in one go has no new items rather than only new ones. Immutable.
/// </summary>
internal sealed class NewArrivals
{
    private const int Cap = 2_000;

    // The median is taken over every n-th item, so that it costs little in a large catalogue.
    private const int MedianSample = 1_024;

    public NewArrivals(ItemCatalog catalog, long nowMs)
    {
        Version = catalog.Version;
        BuiltMs = nowMs;
        var available = new ItemMask();
        catalog.Match(null, available);
        Covered = available.Length;
        var created = new long[available.CountSet()];
        var numbers = new int[created.Length];
        var count = 0;
        for (var number = 0; number < Covered && count < created.Length; number++)
        {
            if (available[number] && catalog.Traits.TryRead(number, out var item))
                (numbers[count], created[count++]) = (number, item.CreatedMs);
        }
        MedianMs = MedianOf(created.AsSpan(0, count));
        for (var i = 0; i < count; i++)
            NewestMs = Math.Max(NewestMs, created[i]);

        var selector = new TopSelector();
        selector.Reset(Cap);
        for (var i = 0; i < count; i++)
        {
            if (created[i] > MedianMs)
                selector.Add(numbers[i], KeyOf(created[i]));
        }
        var keys = selector.Ordered();
        Newest = new int[keys.Length];
        for (var i = 0; i < keys.Length; i++)
            Newest[i] = TopSelector.ItemOf(keys[i]);
    }

    public long Version { get; }

    public long BuiltMs { get; }

    /// <summary>Item numbers looked at: all below this.</summary>
    public int Covered { get; }

    /// <summary>Items created after this are new.</summary>
    public long MedianMs { get; }

    /// <summary>Creation of the newest item; 0 without one.</summary>
    public long NewestMs { get; }

    /// <summary>New items, newest first; at most 2,000.</summary>
    public int[] Newest { get; }

    private static long MedianOf(ReadOnlySpan<long> created)
    {
        if (created.IsEmpty)
            return long.MinValue;
        var step = (created.Length + MedianSample - 1) / MedianSample;
        var sample = new long[(created.Length + step - 1) / step];
        for (var i = 0; i < sample.Length; i++)
            sample[i] = created[i * step];
        Array.Sort(sample);
        return sample[(sample.Length - 1) / 2];
    }

    /// <summary>Orders by time of creation; exact to the millisecond for the newest weeks, where single precision matters.</summary>
    public float KeyOf(long createdMs) => createdMs - NewestMs;
}
