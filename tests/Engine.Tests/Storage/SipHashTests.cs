using Recs.Engine.Storage;

namespace Recs.Engine.Tests.Storage;

public class SipHashTests
{
    [Fact]
    public void The_published_vectors_come_out()
    {
        // SipHash paper, appendix A: key 00..0f, inputs of 0, 1, 8 and 15 ascending bytes.
        var hash = new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
        var bytes = Enumerable.Range(0, 15).Select(i => (byte)i).ToArray();
        Assert.Equal(0x726fdb47dd0e0e31u, hash.Compute([]));
        Assert.Equal(0x74f839c593dc67fdu, hash.Compute(bytes.AsSpan(0, 1)));
        Assert.Equal(0x93f5f5799a932462u, hash.Compute(bytes.AsSpan(0, 8)));
        Assert.Equal(0xa129ca6149be45e5u, hash.Compute(bytes));
    }
}
