namespace Recs.Engine.Tests.Retrieval;

public class IntMapTests
{
    [Fact]
    public void It_agrees_with_a_dictionary_over_many_rounds()
    {
        const int seed = 99;
        var random = new Random(seed);
        var map = new IntMap();
        for (var round = 0; round < 50; round++)
        {
            map.Clear();
            var expected = new Dictionary<int, int>();
            var keys = random.Next(1, 500);
            for (var i = 0; i < keys; i++)
            {
                var key = random.Next(10) == 0 ? random.Next() : random.Next(800);
                var fresh = expected.TryAdd(key, expected.Count);
                Assert.Equal(expected[key], map.Add(key, out var isNew));
                Assert.Equal(fresh, isNew);
            }
            Assert.Equal(expected.Count, map.Count);
            for (var key = 0; key < 800; key++)
                Assert.Equal(expected.GetValueOrDefault(key, -1), map.Find(key));
        }
    }

    [Fact]
    public void A_cleared_map_of_the_same_size_allocates_nothing()
    {
        var map = new IntMap();
        Fill(map);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(map);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Fill(IntMap map)
        {
            map.Clear();
            for (var i = 0; i < 1_000; i++)
                map.Add(i * 7, out _);
        }
    }
}
