using Recs.Engine.Embedded;

namespace Recs.Engine.Tests.Embedded;

public class SessionIndexTests
{
    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xFFul)]
    [InlineData(0x0ul)]
    public void It_does_what_a_dictionary_of_places_does_under_any_clustering(ulong hashBits)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var random = new Random(seed);
            var index = new SessionIndex();
            var expected = new Dictionary<uint, ulong>();
            for (uint step = 1; step <= 1500; step++)
            {
                if (expected.Count > 0 && random.Next(3) == 0)
                {
                    var (offset, hash) = expected.ElementAt(random.Next(expected.Count));
                    index.RemoveAt(index.Find(hash, 1, offset));
                    expected.Remove(offset);
                }
                else
                {
                    var hash = (ulong)random.NextInt64() & hashBits;
                    index.Add(new SessionIndex.Entry(hash, 1, step, 5));
                    expected.Add(step, hash);
                }
                if (step % 500 != 0)
                    continue;
                Assert.Equal(expected.Count, index.Count);
                Assert.All(expected, pair => Assert.True(index.Find(pair.Value, 1, pair.Key) >= 0, $"seed {seed}, step {step}"));
                Assert.Equal(expected.Keys.Order(), index.Snapshot().Select(entry => entry.Offset).Order());
            }
            Assert.Equal(-1, index.Find(expected.First().Value, 2, expected.First().Key));
        }
    }

    [Fact]
    public void A_slot_takes_twenty_bytes() =>
        Assert.Equal(20, System.Runtime.CompilerServices.Unsafe.SizeOf<SessionIndex.Entry>());
}
