using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Tests.Pipeline;

public class ImpressionCodecTests
{
    [Fact]
    public void What_a_page_was_ranked_for_comes_back_and_a_page_of_clicks_alone_is_written_as_before()
    {
        var plain = Record(null);
        var mixed = Record(new ObjectiveWeights(0.5, 2, 0.25));
        var (plainBytes, mixedBytes) = (ImpressionCodec.Encode(plain), ImpressionCodec.Encode(mixed));
        Assert.Equal((2, 3), ((int)plainBytes[0], (int)mixedBytes[0]));
        // The rest is the same, three doubles are added.
        Assert.Equal(plainBytes.Length + 24, mixedBytes.Length);
        Assert.Equal(plainBytes[1..], mixedBytes[1..^24]);
        Assert.Null(ImpressionCodec.Decode(plainBytes)!.Asked!.Objective);
        Assert.Equal(new ObjectiveWeights(0.5, 2, 0.25), ImpressionCodec.Decode(mixedBytes)!.Asked!.Objective);
        Assert.Throws<InvalidDataException>(() => ImpressionCodec.Decode(mixedBytes.AsMemory(..^1)));
    }

    [Fact]
    public void The_space_of_a_page_made_from_one_comes_back()
    {
        var plain = ImpressionCodec.Encode(Record(null));
        var bytes = ImpressionCodec.Encode(Record(null) with { Asked = Record(null).Asked! with { Space = "text" } });
        Assert.Equal(4, bytes[0]);
        // A length and four letters are added.
        Assert.Equal(plain.Length + 5, bytes.Length);
        Assert.Equal(("text", null), (ImpressionCodec.Decode(bytes)!.Asked!.Space, ImpressionCodec.Decode(bytes)!.Asked!.Objective));
        Assert.Null(ImpressionCodec.Decode(plain)!.Asked!.Space);
        Assert.Throws<InvalidDataException>(() => ImpressionCodec.Decode(bytes.AsMemory(..^1)));
    }

    private static ImpressionRecord Record(ObjectiveWeights? objective) => new()
    {
        RequestId = "r",
        UserId = "u",
        Sequence = 3,
        AtMs = 5,
        ModelVersion = "m",
        CatalogVersion = 7,
        Surface = "home",
        Candidates = 2,
        Degraded = [],
        Shown = [new ShownItem("a", 1.5, new float[] { 1, 2 })],
        Asked = new AskedPage("personal", 10, null, null, [], false, 9, objective),
    };
}
