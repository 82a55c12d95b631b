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
    public void Where_the_sources_found_too_many_each_gives_its_best_in_turn()
    {
        var lists = new[] { List((1, 9, -1), (2, 8, -1), (3, 7, -1)), List((4, 1, -1), (5, 1, -1)), null, List((2, 3, 6), (1, 2, 6), (8, 1, 6)) };
        var set = CandidateMerger.Merge(["a", "b", "late", "c"], lists, 4);

        // First places of a, b and c; of the second places 2 is there already, and 5 is the last that fits.
        Assert.Equal([1, 4, 2, 5], set.Items);
        Assert.Equal((4, 6), (set.Count, set.Found));
        // What c says of the item 1 is kept although its second places came too late to add one.
        Assert.Equal([0, -1, -1, 1], set.Ranks[..4]);
        Assert.Equal([1, -1, -1, 0], set.Ranks[8..12]);
        Assert.Equal([0b1001u, 0b0010u, 0b1001u, 0b0010u], set.SourceBits);
        Assert.Equal([6, -1, 6, -1], set.Because);
        Assert.Equal(6, CandidateMerger.Merge(["a", "b", "late", "c"], lists, 6).Count);
    }

    [Fact]
    public void It_agrees_with_grouping_by_item_on_random_lists()
    {
        const int seed = 12;
        var random = new Random(seed);
        for (var round = 0; round < 100; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 8)).Select(i => $"s{i}").ToArray();
            var lists = names.Select(_ => List(Enumerable.Range(0, random.Next(0, 200)).Select(_ => (random.Next(300), random.NextSingle(), random.Next(-1, 50))).DistinctBy(c => c.Item1).ToArray())).ToArray();
            var set = CandidateMerger.Merge(names, lists, int.MaxValue);
            Assert.Equal(lists.SelectMany(l => l.Span.ToArray()).Select(c => c.Item).Distinct(), set.Items.Take(set.Count));
            for (var c = 0; c < set.Count; c++)
            {
                for (var s = 0; s < names.Length; s++)
                {
                    var rank = Array.FindIndex(lists[s].Span.ToArray(), x => x.Item == set.Items[c]);
                    Assert.Equal(rank, set.Ranks[c * names.Length + s]);
                    Assert.Equal(rank >= 0, (set.SourceBits[c] >> s & 1) != 0);
                    Assert.Equal(rank < 0 ? float.NaN : lists[s].Span[rank].Score, set.Scores[c * names.Length + s]);
                }
            }
        }
    }

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
