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

    [ThreadStatic]
    private static Scratch? _scratch;

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

        var scratch = _scratch ??= new Scratch();
        var found = scratch.Number(lists);
        var (count, width) = (Math.Min(found, limit), sources.Count);
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
        if (found > limit)
            TakeBest(scratch, sources, lists, set.Items.AsSpan(0, limit));
        else
            scratch.Items.Keys.CopyTo(set.Items);
        Array.Clear(set.SourceBits, 0, count);
        Array.Fill(set.Scores, float.NaN, 0, count * width);
        Array.Fill(set.Ranks, -1, 0, count * width);
        Array.Fill(set.Because, -1, 0, count);
        var places = (ReadOnlySpan<int>)scratch.Places;
        for (var s = 0; s < lists.Count; s++)
        {
            var list = Of(lists[s]);
            Write(set, s, list, places, found > limit ? scratch.Moved : default);
            places = places[list.Length..];
        }

        return set;
    }

    private static T[] New<T>(int length, bool pooled) => pooled ? ArrayPool<T>.Shared.Rent(length) : GC.AllocateUninitializedArray<T>(length);

    // A first pass that costs next to nothing: what the shop pins, the first few of every source, then by the places that all
    // sources gave.
    private static void TakeBest(Scratch scratch, IReadOnlyList<string> sources, IReadOnlyList<CandidateList?> lists, Span<int> kept)
    {
        var items = scratch.Items.Keys;
        var (fused, counted) = (scratch.Fused, scratch.Moved);
        fused.AsSpan(0, items.Length).Clear();
        counted.AsSpan(0, items.Length).Fill(-1);
        var speaking = 0;
        for (var s = 0; s < lists.Count; s++)
            speaking += Of(lists[s]).IsEmpty ? 0 : 1;
        var (sure, next) = (kept.Length / (SureShare * speaking), 0);
        for (var s = 0; s < lists.Count; s++)
        {
            var list = Of(lists[s]);
            var (first, weight) = (sources[s] == PinnedSource.SourceName ? list.Length : sure, RankFusion.WeightOf(sources[s]));
            for (var rank = 0; rank < list.Length; rank++)
            {
                var at = scratch.Places[next++];
                if (counted[at] == s)
                    continue;
                counted[at] = s;
                fused[at] += rank < first ? 1 : RankFusion.Term(weight, rank);
            }
        }

        scratch.Top.Reset(kept.Length);
        for (var at = 0; at < items.Length; at++)
            scratch.Top.Add(at, fused[at]);
        var moved = counted;
        moved.AsSpan(0, items.Length).Fill(-1);
        foreach (var key in scratch.Top.Unordered())
            moved[TopSelector.ItemOf(key)] = 0;
        // By arrival again, as where all are taken.
        var count = 0;
        for (var at = 0; at < items.Length; at++)
        {
            if (moved[at] < 0)
                continue;
            moved[at] = count;
            kept[count++] = items[at];
        }
    }

    /// <param name="set">What is written.</param>
    /// <param name="source">Number of the source.</param>
    /// <param name="list">What it found.</param>
    /// <param name="places">Of each of these, its place by arrival among all.</param>
    /// <param name="moved">By place, that among the kept, -1 for none; empty where all are kept.</param>
    private static void Write(CandidateSet set, int source, ReadOnlySpan<Candidate> list, ReadOnlySpan<int> places, ReadOnlySpan<int> moved)
    {
        var width = set.Sources.Count;
        for (var rank = 0; rank < list.Length; rank++)
        {
            var at = moved.IsEmpty ? places[rank] : moved[places[rank]];
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

    /// <summary>Working memory of one thread.</summary>
    private sealed class Scratch
    {
        public IntMap Items { get; } = new();

        public TopSelector Top { get; } = new();

        /// <summary>Of every candidate of every list, in their order, its item's place by arrival.</summary>
        public int[] Places { get; private set; } = [];

        /// <summary>By place.</summary>
        public float[] Fused { get; private set; } = [];

        /// <summary>By place.</summary>
        public int[] Moved { get; private set; } = [];

        /// <summary>Numbers the items of the lists by arrival; returns how many there are.</summary>
        public int Number(IReadOnlyList<CandidateList?> lists)
        {
            var candidates = 0;
            for (var s = 0; s < lists.Count; s++)
                candidates += Of(lists[s]).Length;
            if (Places.Length < candidates)
                (Places, Fused, Moved) = (new int[2 * candidates], new float[2 * candidates], new int[2 * candidates]);
            Items.Clear();
            var next = 0;
            for (var s = 0; s < lists.Count; s++)
            {
                foreach (ref readonly var candidate in Of(lists[s]))
                    Places[next++] = Items.Add(candidate.Item, out _);
            }

            return Items.Count;
        }
    }
}
