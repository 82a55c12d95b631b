using Recs.Engine.Retrieval.Vectors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public class VectorIndexTests(ITestOutputHelper output)
{
    public static TheoryData<string, SpaceMetric> KernelsAndMetrics
    {
        get
        {
            var data = new TheoryData<string, SpaceMetric>();
            foreach (var kernel in VectorWorld.Kernels)
            {
                foreach (var metric in Enum.GetValues<SpaceMetric>())
                    data.Add(kernel, metric);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(KernelsAndMetrics))]
    public void Finds_95_of_100_at_every_selectivity_with_exact_scores(string kernel, SpaceMetric metric)
    {
        const int Count = 12_000, Dimension = 40, Wanted = 100, Seed = 5;
        var values = VectorWorld.Vectors(Count, Dimension, Seed);
        var byItem = VectorWorld.ByItem(values, Dimension);
        var index = VectorWorld.Build(values, Dimension, metric, new VectorIndexOptions { Kernel = kernel });
        var (random, results) = (new Random(Seed), new ScoredItem[Wanted]);
        foreach (var share in new[] { 1, 0.5, 0.1, 0.01, 0.001, 0.0001 })
        {
            var (hits, all) = (0, 0);
            for (var q = 0; q < 4; q++)
            {
                var query = byItem[random.Next(Count)];
                var mask = share == 1 ? null : Worlds.Mask(Count, share, random);
                var expected = VectorWorld.Best(metric, byItem, query, Wanted, mask is null ? null : item => mask[item]);
                var found = index.Search(query, results, mask);
                Assert.Equal(expected.Length, found);
                for (var i = 0; i < found; i++)
                {
                    Assert.True(mask is null || mask[results[i].Item]);
                    var exact = VectorWorld.Score(metric, query, byItem[results[i].Item]);
                    Assert.InRange(results[i].Score, exact - 1e-4 - 1e-5 * Math.Abs(exact), exact + 1e-4 + 1e-5 * Math.Abs(exact));
                    Assert.True(i == 0 || results[i - 1].Score >= results[i].Score);
                }
                hits += expected.Intersect(results.Take(found).Select(r => r.Item)).Count();
                all += expected.Length;
            }
            output.WriteLine($"{kernel} {metric} seed {Seed}: {share:P2} pass, recall {hits} of {all}");
            Assert.True(hits >= 0.95 * all, $"{hits} of {all} at {share:P2}");
        }
    }

    [Theory]
    [InlineData(1), InlineData(3), InlineData(16), InlineData(50), InlineData(130), InlineData(200)]
    public void Every_kernel_finds_the_same_to_the_last_bit(int dimension)
    {
        var values = VectorWorld.Vectors(3_000, dimension, 8);
        var indexes = VectorWorld.Kernels.Select(
            kernel => VectorWorld.Build(values, dimension, SpaceMetric.Euclidean, new VectorIndexOptions { Kernel = kernel })).ToArray();
        var (a, b) = (new ScoredItem[30], new ScoredItem[30]);
        for (var q = 0; q < 10; q++)
        {
            var query = values.AsSpan(q * 17 * dimension, dimension);
            indexes[0].Search(query, a);
            foreach (var other in indexes)
            {
                other.Search(query, b);
                Assert.Equal(a, b);
            }
        }
    }

    [Fact]
    public void A_write_is_found_when_it_returns_and_a_removal_is_not()
    {
        var index = new VectorIndex(new VectorSpace("test", 2, SpaceMetric.InnerProduct), new VectorIndexOptions { MergeInBackground = false });
        var results = new ScoredItem[3];
        Assert.Equal(0, index.Search([1, 1], results));
        index.Upsert(7, [1, 2]);
        index.Upsert(9, [3, 4]);
        Assert.Equal(2, index.Search([1, 1], results));
        Assert.Equal([new ScoredItem(9, 7), new ScoredItem(7, 3)], results[..2]);
        index.Upsert(7, [10, 0]);
        index.Search([1, 1], results);
        Assert.Equal([new ScoredItem(7, 10), new ScoredItem(9, 7)], results[..2]);
        Assert.True(index.Remove(9));
        Assert.False(index.Remove(9));
        Assert.Equal(1, index.Search([1, 1], results));
        Assert.Equal(new ScoredItem(7, 10), results[0]);
        index.Merge();
        Assert.Equal(1, index.Count);
        Assert.Equal(1, index.Search([1, 1], results));
        index.Remove(7);
        index.Merge();
        Assert.Equal(0, index.Search([1, 1], results));
    }

    [Fact]
    public void Random_writes_merges_and_searches_agree_with_plain_loops()
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            var metric = (SpaceMetric)(seed % 3);
            var values = VectorWorld.Vectors(3_000, 12, seed);
            var truth = VectorWorld.ByItem(values, 12);
            var index = VectorWorld.Build(values, 12, metric, new VectorIndexOptions { MergeInBackground = false, Seed = seed });
            var results = new ScoredItem[20];
            for (var step = 0; step < 4_000; step++)
            {
                var item = random.Next(3_600);
                if (random.Next(3) == 0)
                {
                    Assert.Equal(truth.Remove(item), index.Remove(item));
                }
                else
                {
                    truth[item] = Worlds.Query(12, random);
                    index.Upsert(item, truth[item]);
                }
                if (step % 500 == 250)
                    index.Merge();
                if (step == 2_600)
                    index.Rebuild();
                if (step % 200 != 0)
                    continue;
                Assert.Equal(truth.Count, index.Count);
                var query = Worlds.Query(12, random);
                var found = index.Search(query, results, null, SearchEffort.Thorough);
                Assert.Equal(20, found);
                var expected = VectorWorld.Best(metric, truth, query, 20);
                Assert.True(expected.Intersect(results.Select(r => r.Item)).Count() >= 19, $"seed {seed} step {step}");
                index.Search(query, results, null, SearchEffort.Everything);
                Assert.Equal(expected.Order(), results.Select(r => r.Item).Order());
            }
        }
    }

    [Fact]
    public async Task A_burst_of_writes_is_merged_to_its_end_without_another_write()
    {
        var values = VectorWorld.Vectors(6_000, 32, 7);
        var index = VectorWorld.Build(values, 32, SpaceMetric.Cosine);
        for (var round = 0; round < 5; round++)
        {
            for (var item = 0; item < 130; item++)
                index.Upsert(item, values.AsSpan((item + round) * 32, 32));
            // What follows comes too late for the merge that these writes started.
            while (!index.MergeRuns && !index.Merging.IsCompleted)
                await Task.Yield();
            for (var item = 1_000; item < 1_400; item++)
                index.Upsert(item, values.AsSpan((item + round) * 32, 32));
            await index.Merging;
            Assert.InRange(index.State.Delta.Count, 0, 127);
        }
        Assert.Equal(6_000, index.Count);
    }

    [Fact]
    public async Task After_a_merge_that_failed_writes_go_on_up_to_the_overrun_and_the_next_one_tries_again()
    {
        var failing = true;
        var index = new VectorIndex(new VectorSpace("test", 16, SpaceMetric.InnerProduct), new VectorIndexOptions
        {
            OnMerge = () =>
            {
                if (Volatile.Read(ref failing))
                    throw new InvalidOperationException("no memory today");
            },
        });
        // Of so few a merge is due at 128 writes, and writers wait at eight times as many.
        var vector = new float[16];
        for (var item = 0; item < 1_024; item++)
        {
            vector[0] = item;
            index.Upsert(item, vector);
            await index.Merging;
            Assert.Equal(item + 1 < 128 ? null : "no memory today", index.MergeFailure?.Message);
        }

        var refusal = Assert.Throws<RecommenderException>(() => index.Upsert(2_000, vector));
        Assert.Equal(RefusalKind.Overloaded, refusal.Kind);
        Assert.Contains("no memory today", refusal.Message, StringComparison.Ordinal);
        Assert.True(index.Remove(5));
        Assert.Equal(1_023, index.Count);
        await index.Merging;

        Volatile.Write(ref failing, false);
        vector[0] = 2_000;
        index.Upsert(2_000, vector);
        await index.Merging;
        Assert.Null(index.MergeFailure);
        Assert.InRange(index.State.Delta.Count, 0, 127);
        var found = new ScoredItem[1_100];
        vector[0] = 1;
        Assert.Equal(1_024, index.Search(vector, found, null, SearchEffort.Everything));
        Assert.Equal([2_000, .. Enumerable.Range(0, 1_024).Reverse().Where(n => n != 5)], found.Take(1_024).Select(f => f.Item));
        Assert.All(found.Take(1_024), f => Assert.Equal(f.Item, f.Score));
    }

    [Fact]
    public void Searches_see_whole_items_while_writers_replace_them()
    {
        // Every version of an item has all its values equal to a whole number: a torn vector would score no whole number.
        const int Items = 600, Dimension = 16;
        var index = new VectorIndex(new VectorSpace("test", Dimension, SpaceMetric.InnerProduct));
        var vector = new float[Dimension];
        for (var item = 0; item < Items; item++)
        {
            Array.Fill(vector, item % 5 + 1);
            index.Upsert(item, vector);
        }
        using var stop = new CancellationTokenSource();
        var searcher = Task.Run(() =>
        {
            var (query, results, searches) = (Enumerable.Repeat(1f, Dimension).ToArray(), new ScoredItem[Items + 50], 0);
            while (!stop.IsCancellationRequested || searches == 0)
            {
                var found = index.Search(query, results);
                Assert.Equal(Items, found);
                Assert.Equal(Items, results.Take(found).Select(r => r.Item).Distinct().Count());
                Assert.All(results.Take(found), r => Assert.Equal(0, r.Score % Dimension));
                searches++;
            }
        });
        var random = new Random(3);
        for (var write = 0; write < 20_000 && !searcher.IsCompleted; write++)
        {
            Array.Fill(vector, random.Next(1, 9));
            index.Upsert(random.Next(Items), vector);
        }
        stop.Cancel();
        searcher.GetAwaiter().GetResult();
    }

    [Fact]
    public void A_search_allocates_nothing_after_the_first()
    {
        var values = VectorWorld.Vectors(5_000, 32, 2);
        var index = VectorWorld.Build(values, 32, SpaceMetric.InnerProduct);
        var results = new ScoredItem[50];
        index.Search(values.AsSpan(0, 32), results);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var q = 1; q < 50; q++)
            index.Search(values.AsSpan(q * 32, 32), results);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Parts_searched_together_answer_as_one_index()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var (random, metric) = (new Random(seed), (SpaceMetric)(seed % 3));
            var values = VectorWorld.Vectors(2_500, 10, seed);
            var items = Enumerable.Range(0, 2_500).ToArray();
            var space = new VectorSpace("test", 10, metric);
            var one = VectorIndex.Build(space, items, values);
            var parts = ShardedVectorIndex.Build(space, 1 + seed % 5, items, values);
            var (a, b) = (new ScoredItem[40], new ScoredItem[40]);
            for (var q = 0; q < 5; q++)
            {
                var query = Worlds.Query(10, random);
                Assert.Equal(one.Search(query, a, null, SearchEffort.Everything), parts.Search(query, b, null, SearchEffort.Everything));
                Assert.Equal(a, b);
                parts.Search(query, b);
                Assert.True(a.Intersect(b).Count() >= 38, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Adding_a_shard_moves_only_what_it_receives()
    {
        var ids = Enumerable.Range(0, 4_000).Select(n => $"item-{n}").ToArray();
        Assert.All(ids, id => Assert.True(VectorShards.ShardOf(id, 5) == VectorShards.ShardOf(id, 4) || VectorShards.ShardOf(id, 5) == 4));
        Assert.All(Enumerable.Range(0, 4), shard => Assert.InRange(ids.Count(id => VectorShards.ShardOf(id, 4) == shard), 900, 1_100));
    }

    [Fact]
    public void Refuses_what_it_cannot_hold()
    {
        var index = new VectorIndex(new VectorSpace("test", 2, SpaceMetric.Cosine));
        Assert.Throws<RecommenderException>(() => index.Upsert(-1, [1, 2]));
        Assert.Throws<RecommenderException>(() => index.Upsert(0, [1, 2, 3]));
        Assert.Throws<RecommenderException>(() => index.Upsert(0, [1, float.NaN]));
        Assert.Throws<RecommenderException>(() => new VectorSpace("Big Name", 2, SpaceMetric.Cosine));
        Assert.Throws<RecommenderException>(() => new VectorSpace("test", 0, SpaceMetric.Cosine));
        Assert.Equal(0, index.Count);
    }
}
