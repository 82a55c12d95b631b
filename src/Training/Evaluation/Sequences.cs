namespace Recs.Training.Evaluation;

/// <summary>
/// Histories or sessions: each a run of items in order. What all offline models are trained on. Immutable.
/// </summary>
public sealed class Sequences
{
    /// <param name="itemCount">Items are numbered from 0 to below this.</param>
    /// <param name="offsets">Start of each run; one longer than the runs.</param>
    /// <param name="items">Items, oldest first within a run.</param>
    /// <param name="atMs">Time of each, or empty where only the order is known.</param>
    public Sequences(int itemCount, int[] offsets, int[] items, long[]? atMs = null)
    {
        if (offsets.Length == 0 || offsets[^1] != items.Length || atMs is { Length: > 0 } && atMs.Length != items.Length)
            throw new ArgumentException($"{offsets.Length} offsets, {items.Length} items and {atMs?.Length ?? 0} times do not fit together.", nameof(offsets));
        (ItemCount, Offsets, Items, AtMs) = (itemCount, offsets, items, atMs ?? []);
    }

    public int ItemCount { get; }

    public int Count => Offsets.Length - 1;

    public int[] Offsets { get; }

    public int[] Items { get; }

    /// <summary>Milliseconds since 1970, or empty.</summary>
    public long[] AtMs { get; }

    public bool HasTimes => AtMs.Length > 0;

    public ReadOnlySpan<int> Of(int run) => Items.AsSpan(Offsets[run], Offsets[run + 1] - Offsets[run]);

    public ReadOnlySpan<long> TimesOf(int run) =>
        HasTimes ? AtMs.AsSpan(Offsets[run], Offsets[run + 1] - Offsets[run]) : [];

    /// <summary>Events by item.</summary>
    public int[] Popularity()
    {
        var counts = new int[ItemCount];
        foreach (var item in Items)
            counts[item]++;
        return counts;
    }

    public static Sequences From(int itemCount, IReadOnlyList<int[]> runs, IReadOnlyList<long[]>? times = null)
    {
        var offsets = new int[runs.Count + 1];
        for (var r = 0; r < runs.Count; r++)
            offsets[r + 1] = offsets[r] + runs[r].Length;
        return new Sequences(
            itemCount, offsets, [.. runs.SelectMany(static r => r)], times is null ? null : [.. times.SelectMany(static t => t)]);
    }

    public int[][] ToArrays() => [.. Enumerable.Range(0, Count).Select(r => Of(r).ToArray())];
}
