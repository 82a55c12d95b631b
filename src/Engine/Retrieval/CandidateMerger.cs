using System.Buffers;
using Recs.Engine.Pipeline;
using Recs.Engine.Policies;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Merges the lists of a page's sources: distinct items in order of source, then of rank. Where there are more than wanted, the
/// pinned ones and the first few of every source are kept, and for the rest those with the best places in all of them (<see cref="RankFusion"/>).
/// Thread-safe.
/// </summary>
public static class CandidateMerger
{
    /// <summary>Most sources of a page: one bit each.</summary>
    public const int MaxSources = 32;

    /// <summary>One part in so many of the room is shared out among the sources, whatever the others say.</summary>
    private const int SureShare = 4;

    /// <summary>In the place of the last source that named an item.</summary>
    private const int Chosen = int.MaxValue;

    [ThreadStatic]
    private static IntMap? _items;

    [ThreadStatic]
    private static TopSelector? _top;

    [ThreadStatic]
    private static float[]? _fusedScores;

    [ThreadStatic]
    private static int[]? _lastCounted;

    /// <param name="sources">Source names.</param>
    /// <param name="lists">What each found; null for one that was late. A repeated item counts at its first place.</param>
    /// <param name="limit">Most candidates; positive.</param>
    public static CandidateSet Merge(IReadOnlyList<string> sources, IReadOnlyList<CandidateList?> lists, int limit) =>
        Merge(sources, lists, limit, pooled: false);

    /// <summary>The same; a pooled set is to be released by the only one who reads it.</summary>
    internal static CandidateSet Merge(IReadOnlyList<string> sources, IReadOnlyList<CandidateList?> lists, int limit, bool pooled)
    {
        if (sources.Count > MaxSources || sources.Count != lists.Count)
            throw new ArgumentException($"there were {sources.Count} sources and {lists.Count} lists; legal is the same number, at most {MaxSources}.", nameof(sources));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);

        var items = _items ??= new IntMap();
        items.Clear();
        for (var s = 0; s < lists.Count; s++)
        {
            foreach (ref readonly var candidate in Of(lists[s]))
                items.Add(candidate.Item, out _);
        }

        var found = items.Count;
        if (found > limit)
            TakeBest(items, sources, lists, limit);
        var (count, width) = (items.Count, sources.Count);
        var set = new CandidateSet
        {
            Sources = sources,
            Count = count,
            Found = found,
            Items = New<int>(count, pooled),
            SourceBits = New<uint>(count, pooled),
            Scores = New<float>(count * width, pooled),
            Ranks = New<int>(count * width, pooled),
            Because = New<int>(count, pooled),
            IsPooled = pooled,
        };
        items.Keys.CopyTo(set.Items);
        Array.Clear(set.SourceBits, 0, count);
        Array.Fill(set.Scores, float.NaN, 0, count * width);
        Array.Fill(set.Ranks, -1, 0, count * width);
        Array.Fill(set.Because, -1, 0, count);
        for (var s = 0; s < lists.Count; s++)
            Write(set, s, Of(lists[s]), items);
        return set;
    }

    private static T[] New<T>(int length, bool pooled) => pooled ? ArrayPool<T>.Shared.Rent(length) : GC.AllocateUninitializedArray<T>(length);

    // A first pass that costs next to nothing: what the shop pins, the first few of every source, then by the places that all
    // sources gave.
    private static void TakeBest(IntMap items, IReadOnlyList<string> sources, IReadOnlyList<CandidateList?> lists, int limit)
    {
        var (found, top) = (items.Count, _top ??= new TopSelector());
        if (_fusedScores is not { } fused || _lastCounted is not { } counted || fused.Length < found)
            (_fusedScores, _lastCounted) = (fused, counted) = (new float[2 * found], new int[2 * found]);
        Array.Clear(fused, 0, found);
        Array.Fill(counted, -1, 0, found);
        var speaking = 0;
        for (var s = 0; s < lists.Count; s++)
            speaking += Of(lists[s]).IsEmpty ? 0 : 1;
        var sure = limit / (SureShare * speaking);
        for (var s = 0; s < lists.Count; s++)
        {
            var list = Of(lists[s]);
            var (first, weight) = (sources[s] == PinnedSource.SourceName ? list.Length : sure, RankFusion.WeightOf(sources[s]));
            for (var rank = 0; rank < list.Length; rank++)
            {
                var at = items.Find(list[rank].Item);
                if (counted[at] == s)
                    continue;
                counted[at] = s;
                fused[at] += rank < first ? 1 : RankFusion.Term(weight, rank);
            }
        }

        top.Reset(limit);
        for (var at = 0; at < found; at++)
            top.Add(at, fused[at]);
        // By arrival again, as where all are taken.
        foreach (var key in top.Unordered())
            counted[TopSelector.ItemOf(key)] = Chosen;
        var (kept, count) = (ArrayPool<int>.Shared.Rent(limit), 0);
        for (var at = 0; at < found; at++)
        {
            if (counted[at] == Chosen)
                kept[count++] = items.Keys[at];
        }

        items.Clear();
        foreach (var item in kept.AsSpan(0, count))
            items.Add(item, out _);
        ArrayPool<int>.Shared.Return(kept);
    }

    private static void Write(CandidateSet set, int source, ReadOnlySpan<Candidate> list, IntMap items)
    {
        var width = set.Sources.Count;
        for (var rank = 0; rank < list.Length; rank++)
        {
            var at = items.Find(list[rank].Item);
            if (at < 0 || (set.SourceBits[at] & 1u << source) != 0)
                continue;
            set.SourceBits[at] |= 1u << source;
            set.Scores[at * width + source] = list[rank].Score;
            set.Ranks[at * width + source] = rank;
            // The first source that names an item says why; sources are listed with the most telling first.
            if (set.Because[at] < 0)
                set.Because[at] = list[rank].Because;
        }
    }

    private static ReadOnlySpan<Candidate> Of(CandidateList? list) => list is null ? [] : list.Span;
}
