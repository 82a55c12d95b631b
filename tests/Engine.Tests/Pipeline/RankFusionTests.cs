namespace Recs.Engine.Tests.Pipeline;

public class RankFusionTests
{
    [Fact]
    public void What_was_found_for_a_reason_goes_before_what_merely_fills_the_page()
    {
        CandidateList neighbours = new(), content = new(), popular = new();
        neighbours.Add(1, 0.9f);
        neighbours.Add(2, 0.8f);
        content.Add(2, 3);
        popular.Add(7, 1_000);
        popular.Add(1, 900);
        var set = CandidateMerger.Merge(["neighbours", "content", "popular"], [neighbours, content, popular], int.MaxValue);

        var scores = RankFusion.Score(set);

        // Item 2: second and first; item 1: first, and second of the fallback at a hundredth; item 7: the fallback alone.
        Assert.Equal([1, 2, 7], set.Items);
        Assert.Equal(1 / 61f + 0.01f / 62, scores[0], 6);
        Assert.Equal(1 / 62f + 1 / 61f, scores[1], 6);
        Assert.Equal(0.01f / 61, scores[2], 6);
    }
}
