using System.Text;

namespace Recs.Engine.Tests.Events;

public class XxHash64Tests
{
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void Published_vectors_hold(string text, ulong expected) =>
        Assert.Equal(expected, XxHash64.Hash(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void An_event_id_is_hashed_as_little_endian_units() =>
        Assert.Equal(XxHash64.Hash([(byte)'e', 0, (byte)'1', 0, 0x88, 0x13]), XxHash64.OfEventId("e1\u1388"));
}
