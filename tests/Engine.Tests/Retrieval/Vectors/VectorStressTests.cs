using Recs.Engine.Retrieval.Vectors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public class VectorStressTests(ITestOutputHelper output)
{
    private const int Stable = 700, Churned = 900, Versions = 6, Dimension = 16, WritesEach = 9_000;

    [Theory]
    [InlineData(SpaceMetric.InnerProduct, 31), InlineData(SpaceMetric.Cosine, 32), InlineData(SpaceMetric.Euclidean, 33)]
    public void Searches_amid_inserts_removals_and_merges_agree_with_brute_force(SpaceMetric metric, int seed)
    {
        output.WriteLine($"seed {seed}");
        var index = new VectorIndex(new VectorSpace("test", Dimension, metric));
        var stable = Enumerable.Range(0, Stable).ToDictionary(item => 2 * item, item => VectorOf(2 * item, 0, seed));
        foreach (var (item, vector) in stable)
            index.Upsert(item, vector);
        var onlyStable = Worlds.Mask(2 * (Stable + Churned), 0, new Random(1));
        foreach (var item in stable.Keys)
            onlyStable.Add(item);

        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(() => Write(index, w, seed))).ToArray();
        var searchers = Enumerable.Range(0, 2).Select(s => Task.Run(() => Search(s))).ToArray();
        Task.WaitAll([.. writers, .. searchers]);

        var truth = new Dictionary<int, float[]>(stable);
        foreach (var left in writers.SelectMany(w => w.Result))
            truth[left.Key] = left.Value;
        for (var pass = 0; pass < 3; pass++)
        {
            Assert.Equal(truth.Count, index.Count);
            var found = new ScoredItem[truth.Count + 10];
            Assert.Equal(truth.Count, index.Search(VectorOf(5, 1, seed), found, null, SearchEffort.Everything));
            Assert.Equal(truth.Keys.Order(), found.Take(truth.Count).Select(f => f.Item).Order());
            foreach (var (item, score) in found.Take(truth.Count))
                Assert.Equal(VectorWorld.Score(metric, VectorOf(5, 1, seed), truth[item]), score, 1e-3);
            if (pass == 0)
                index.Merge();
            else
                index.Rebuild();
        }

        void Search(int searcher)
        {
            var (random, searches) = (new Random(seed * 100 + searcher), 0);
            var (few, all) = (new ScoredItem[40], new ScoredItem[Stable + Churned]);
            while (searches++ < 60 || !writers.All(w => w.IsCompleted))
            {
                // Nobody writes the stable items: whatever else happens, a search for them alone has one right answer.
                var query = VectorOf(random.Next(), 1, seed);
                var right = VectorWorld.Best(metric, stable, query, 40);
                Assert.Equal(40, index.Search(query, few, onlyStable, SearchEffort.Everything));
                Assert.True(VectorWorld.FirstWrong(metric, stable, query, few) is var wrong && wrong < 0, $"searcher {searcher}, search {searches}: place {wrong}");
                Assert.Equal(40, index.Search(query, few, onlyStable, SearchEffort.Thorough));
                Assert.True(right.Intersect(few.Select(f => f.Item)).Count() >= 36, $"searcher {searcher}, search {searches}");

                // Among all, each item stands once and has the score of one of its versions, and no stable item is missing.
                var count = index.Search(query, all, null, SearchEffort.Everything);
                Assert.Equal(count, all.Take(count).Select(f => f.Item).Distinct().Count());
                Assert.Equal(Stable, all.Take(count).Count(f => f.Item % 2 == 0));
                foreach (var (item, score) in all.Take(count).Where(f => f.Item % 2 == 1))
                {
                    var scores = Enumerable.Range(0, Versions).Select(version => VectorWorld.Score(metric, query, VectorOf(item, version, seed)));
                    Assert.Contains(scores, s => Math.Abs(s - score) < 1e-3);
                }
            }
        }
    }

    [Fact]
    public void The_check_takes_scores_that_round_to_one_in_either_order_and_nothing_else()
    {
        // 1 + 2^-30 is 1 in single precision: item 1 comes before item 2 by its number, though item 2 is the better one by plain loops.
        var query = new[] { 1f, 1f };
        var vectors = new Dictionary<int, float[]> { [1] = [1, 0], [2] = [1, MathF.Pow(2, -30)], [3] = [0.999f, 0], [4] = [0, 0.5f] };
        var index = new VectorIndex(new VectorSpace("test", 2, SpaceMetric.InnerProduct));
        foreach (var (item, vector) in vectors)
            index.Upsert(item, vector);
        var found = new ScoredItem[3];
        Assert.Equal(3, index.Search(query, found, null, SearchEffort.Everything));
        Assert.Equal([new ScoredItem(1, 1), new ScoredItem(2, 1), new ScoredItem(3, 0.999f)], found);
        Assert.Equal([2, 1, 3], VectorWorld.Best(SpaceMetric.InnerProduct, vectors, query, 3));
        Assert.Equal(-1, Wrong(found));
        Assert.Equal(-1, Wrong(new(2, 1), new(1, 1), new(3, 0.999f)));

        Assert.Equal(1, Wrong(new(1, 1), new(3, 0.999f), new(2, 1)));
        Assert.Equal(2, Wrong(new(1, 1), new(2, 1), new(4, 0.5f)));
        Assert.Equal(1, Wrong(new(1, 1), new(1, 1), new(3, 0.999f)));
        Assert.Equal(0, Wrong(new ScoredItem(1, 0.9f)));
        Assert.Equal(0, Wrong(new ScoredItem(5, 1)));
        Assert.Equal(4, Wrong(new(1, 1), new(2, 1), new(3, 0.999f), new(4, 0.5f), new(5, 0)));

        int Wrong(params ScoredItem[] answer) => VectorWorld.FirstWrong(SpaceMetric.InnerProduct, vectors, query, answer);
    }

    // Each writer owns every second of the odd items; gives back what it left in the index.
    private static Dictionary<int, float[]> Write(VectorIndex index, int writer, int seed)
    {
        var (random, left) = (new Random(seed * 10 + writer), new Dictionary<int, float[]>());
        for (var write = 0; write < WritesEach; write++)
        {
            var item = 2 * (random.Next(Churned / 2) * 2 + writer) + 1;
            if (random.Next(3) == 0)
            {
                Assert.Equal(left.Remove(item), index.Remove(item));
            }
            else
            {
                var vector = VectorOf(item, random.Next(Versions), seed);
                index.Upsert(item, vector);
                left[item] = vector;
                var own = new float[Dimension];
                Assert.True(index.TryGet(item, own));
                Assert.Equal(vector, own);
            }
        }
        return left;
    }

    private static float[] VectorOf(int item, int version, int seed)
    {
        var random = new Random(HashCode(item, version, seed));
        return [.. Enumerable.Range(0, Dimension).Select(_ => (float)Worlds.Normal(random))];
    }

    private static int HashCode(int item, int version, int seed) => unchecked((item * 31 + version) * 1_000_003 + seed);
}
