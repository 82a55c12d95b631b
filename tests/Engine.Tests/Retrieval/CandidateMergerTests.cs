namespace Recs.Engine.Tests.Retrieval;

public class CandidateMergerTests
{
    [Fact]
    public void Each_item_comes_once_with_every_sources_score_and_rank()
    {
        var set = CandidateMerger.Merge(["als", "late", "new"], [List((7, 0.9f, -1), (3, 0.5f, 2)), null, List((3, 10, 4), (8, 5, -1))], int.MaxValue);

        Assert.Equal(3, set.Count);
        Assert.Equal([7, 3, 8], set.Items);
        Assert.Equal([0b001u, 0b101u, 0b100u], set.SourceBits);
        Assert.Equal([0.9f, float.NaN, float.NaN, 0.5f, float.NaN, 10, float.NaN, float.NaN, 5], set.Scores);
        Assert.Equal([0, -1, -1, 1, -1, 0, -1, -1, 1], set.Ranks);
        Assert.Equal([-1, 2, -1], set.Because);
    }

    [Fact]
    public void Where_the_sources_found_too_many_the_best_by_all_their_places_are_kept()
    {
        var lists = new[] { List((1, 9, -1), (2, 8, -1), (3, 7, -1)), List((4, 1, -1), (5, 1, -1)), null, List((2, 3, 6), (1, 2, 6), (8, 1, 6)) };
        var set = CandidateMerger.Merge(["a", "b", "late", "c"], lists, 4);

        // 1 and 2 have a first and a second place each, 4 a first, 5 a second; 3 and 8 have a third.
        Assert.Equal([1, 2, 4, 5], set.Items);
        Assert.Equal((4, 6), (set.Count, set.Found));
        Assert.Equal([0, -1, -1, 1], set.Ranks[..4]);
        Assert.Equal([1, -1, -1, 0], set.Ranks[4..8]);
        Assert.Equal([0b1001u, 0b1001u, 0b0010u, 0b0010u], set.SourceBits);
        Assert.Equal([6, 6, -1, -1], set.Because);
        Assert.Equal(6, CandidateMerger.Merge(["a", "b", "late", "c"], lists, 6).Count);
    }

    [Fact]
    public void Every_source_has_its_first_few_in_whatever_the_others_agree_on()
    {
        // Four sources agree on their first hundred; a fifth has three that nobody else found, and "popular", of least weight, its own.
        var agreed = Enumerable.Range(0, 100).Select(i => (i, -(float)i, -1)).ToArray();
        var names = new[] { "a", "b", "c", "d", "pinned", "popular" };
        var lists = new[]
        {
            List(agreed), List(agreed), List(agreed), List(agreed), List((900, 1, -1), (901, 1, -1), (902, 1, -1)),
            List([.. Enumerable.Range(500, 100).Select(i => (i, 1f, -1))]),
        };
        var set = CandidateMerger.Merge(names, lists, 96);

        // 96 / (4 x 6) of each are sure.
        Assert.Equal(96, set.Count);
        Assert.Equal([.. Enumerable.Range(0, 89), 900, 901, 902, .. Enumerable.Range(500, 4)], set.Items);
    }

    [Fact]
    public void A_pin_keeps_its_place_however_little_room_there_is()
    {
        // Nine sources, room for ten: no source is sure of anything, and two that agree outbid every first place.
        var agreed = Enumerable.Range(0, 50).Select(i => (i, -(float)i, -1)).ToArray();
        var names = new[] { "a", "b", "c", "d", "e", "f", "g", "pinned", "h" };
        var lists = names.Select(name => name == "pinned" ? List((900, 1, -1), (901, 1, -1)) : List(agreed)).ToArray();
        var set = CandidateMerger.Merge(names, lists, 10);

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 900, 901], set.Items);
    }

    [Fact]
    public void A_source_that_repeats_an_item_speaks_for_it_once()
    {
        // Twice at the first two places is less than once each in two sources.
        var set = CandidateMerger.Merge(["a", "b", "c"], [List((1, 3, -1), (1, 2, -1), (2, 1, -1)), List((3, 1, -1), (2, 1, -1)), List((4, 1, -1))], 1);

        Assert.Equal([2], set.Items);
    }

    [Fact]
    public void A_pooled_set_says_the_same_and_can_be_released_twice()
    {
        var lists = new[] { List((7, 0.9f, -1), (3, 0.5f, 2)), List((3, 10, 4), (8, 5, -1)) };
        for (var round = 0; round < 3; round++)
        {
            var set = CandidateMerger.Merge(["als", "new"], lists, int.MaxValue, pooled: true);

            Assert.Equal(3, set.Count);
            Assert.Equal([7, 3, 8], set.Items[..3]);
            Assert.Equal([0b01u, 0b11u, 0b10u], set.SourceBits[..3]);
            Assert.Equal([0.9f, float.NaN, 0.5f, 10, float.NaN, 5], set.Scores[..6]);
            Assert.Equal([0, -1, 1, 0, -1, 1], set.Ranks[..6]);
            Assert.Equal([-1, 2, -1], set.Because[..3]);
            set.Release();
            set.Release();
        }
    }

    [Fact]
    public void A_released_list_is_empty_and_can_be_filled_again()
    {
        var list = List([.. Enumerable.Range(0, 1_000).Select(i => (i, (float)i, -1))]);
        Assert.Equal(1_000, list.Count);
        Assert.Equal(Enumerable.Range(0, 1_000), list.Span.ToArray().Select(c => c.Item));

        list.Release();
        list.Release();
        Assert.Equal(0, list.Count);
        list.Add(5, 1);
        Assert.Equal(new Candidate(5, 1, -1), Assert.Single(list.Span.ToArray()));
    }

    [Fact]
    public void It_agrees_with_grouping_by_item_on_random_lists()
    {
        const int seed = 12;
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 8)).Select(i => $"s{i}").ToArray();
            // With repeats, of which the first counts; large and small by turns, on the memory of one thread.
            var lists = names.Select(_ => List(Enumerable.Range(0, random.Next(0, round % 2 == 0 ? 200 : 20)).Select(_ => (random.Next(300), random.NextSingle(), random.Next(-1, 50))).ToArray())).ToArray();
            var limit = round % 3 == 0 ? int.MaxValue : random.Next(1, 200);
            var set = CandidateMerger.Merge(names, lists, limit, pooled: round % 4 == 0);
            var found = lists.SelectMany(l => l.Span.ToArray()).Select(c => c.Item).Distinct().ToArray();
            Assert.Equal((Math.Min(found.Length, limit), found.Length), (set.Count, set.Found));
            Assert.Equal(Best(lists, found, limit), set.Items.Take(set.Count));
            for (var c = 0; c < set.Count; c++)
            {
                for (var s = 0; s < names.Length; s++)
                {
                    var rank = RankOf(lists[s], set.Items[c]);
                    Assert.Equal(rank, set.Ranks[c * names.Length + s]);
                    Assert.Equal(rank >= 0, (set.SourceBits[c] >> s & 1) != 0);
                    Assert.Equal(rank < 0 ? float.NaN : lists[s].Span[rank].Score, set.Scores[c * names.Length + s]);
                }
            }
        }
    }

    // By the definition: the first few of every source that found anything, then by the sum of 1 / (60 + place), then by arrival.
    private static IEnumerable<int> Best(CandidateList[] lists, int[] found, int limit)
    {
        if (found.Length <= limit)
            return found;
        var sure = limit / (4 * lists.Count(l => l.Count > 0));
        var scores = found.Select(item => lists.Select(l => RankOf(l, item)).Where(rank => rank >= 0).Aggregate(0f, (sum, rank) => sum + (rank < sure ? 1 : 1f / (61 + rank))));
        var kept = found.Zip(scores).OrderByDescending(x => x.Second).Take(limit).Select(x => x.First).ToHashSet();
        return found.Where(kept.Contains);
    }

    private static int RankOf(CandidateList list, int item) => Array.FindIndex(list.Span.ToArray(), x => x.Item == item);

    [Fact]
    public void A_merge_allocates_its_arrays_and_nothing_per_candidate()
    {
        var names = new[] { "a", "b", "c", "d" };
        var lists = names.Select((_, s) => List(Enumerable.Range(0, 150).Select(i => (s * 100 + i, (float)-i, -1)).ToArray())).ToArray();
        var set = CandidateMerger.Merge(names, lists, int.MaxValue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        CandidateMerger.Merge(names, lists, int.MaxValue);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var arrays = set.Count * (3 * 4 + names.Length * 8);
        Assert.InRange(allocated, arrays, arrays + 512);
    }

    private static CandidateList List(params (int Item, float Score, int Because)[] candidates)
    {
        var list = new CandidateList();
        foreach (var (item, score, because) in candidates)
            list.Add(item, score, because);
        return list;
    }
}
