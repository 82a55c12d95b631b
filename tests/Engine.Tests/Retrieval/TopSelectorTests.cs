namespace Recs.Engine.Tests.Retrieval;

public class TopSelectorTests
{
    [Fact]
    public void It_keeps_what_sorting_everything_would_keep()
    {
        const int seed = 31;
        var random = new Random(seed);
        var selector = new TopSelector();
        for (var round = 0; round < 200; round++)
        {
            var wanted = random.Next(1, 300);
            var coarse = random.Next(2) == 0;
            var scores = Enumerable.Range(0, random.Next(0, 5_000))
                .Select(_ => coarse ? random.Next(-5, 5) : (float)(random.NextDouble() - 0.5) * 1e6f).ToArray();
            selector.Reset(wanted);
            var arrival = Enumerable.Range(0, scores.Length).ToArray();
            random.Shuffle(arrival);
            foreach (var i in arrival)
                selector.Add(i, scores[i]);

            var expected = Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(wanted).ToArray();
            var kept = selector.Ordered().ToArray();
            Assert.Equal(expected, kept.Select(TopSelector.ItemOf));
            Assert.Equal(expected.Select(i => scores[i]), kept.Select(TopSelector.ScoreOf));
        }
    }

    [Fact]
    public void Zero_has_one_sign_and_infinities_have_their_place()
    {
        var selector = new TopSelector();
        selector.Reset(4);
        selector.Add(1, -0f);
        selector.Add(0, 0f);
        selector.Add(2, float.PositiveInfinity);
        selector.Add(3, float.MinValue);
        Assert.Equal([2, 0, 1, 3], selector.Ordered().ToArray().Select(TopSelector.ItemOf));
    }
}
