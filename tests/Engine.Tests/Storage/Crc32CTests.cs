using System.Text;
using Recs.Engine.Storage;

namespace Recs.Engine.Tests.Storage;

public class Crc32CTests
{
    [Fact]
    public void Published_check_values_come_out()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and ascending.
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
    }

    [Fact]
    public void A_checksum_may_be_made_in_pieces_of_any_size()
    {
        var bytes = new byte[1000];
        new Random(3).NextBytes(bytes);
        var whole = Crc32C.Compute(bytes);
        for (var cut = 0; cut <= bytes.Length; cut += 7)
            Assert.Equal(whole, ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    }
}
