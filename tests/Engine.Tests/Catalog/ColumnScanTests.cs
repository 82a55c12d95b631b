namespace Recs.Engine.Tests.Catalog;

public class ColumnScanTests
{
    public delegate void RangeScan(ReadOnlySpan<double> values, double low, double high, Span<ulong> words);

    public delegate void AnyOfScan(ReadOnlySpan<int> codes, ReadOnlySpan<int> wanted, Span<ulong> words);

    public static TheoryData<string> Widths => ["scalar", "256", "512", "chosen"];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Ranges_are_closed_and_NaN_is_outside(string width)
    {
        RangeScan scan = width switch
        {
            "scalar" => ColumnScan.InRangeScalar,
            "256" => ColumnScan.InRange256,
            "512" => ColumnScan.InRange512,
            _ => ColumnScan.InRange,
        };
        var random = new Random(11);
        foreach (var length in new[] { 0, 1, 7, 63, 64, 65, 127, 128, 129, 1000 })
        {
            var values = Enumerable.Range(0, length).Select(_ => random.Next(5) == 0 ? double.NaN : random.Next(10)).ToArray();
            foreach (var (low, high) in new[] { (3.0, 6.0), (4, 4), (double.NegativeInfinity, 5), (6, double.PositiveInfinity), (7, 2) })
            {
                var words = Dirty(length);
                scan(values, low, high, words);
                AssertBits(words, length, i => values[i] >= low && values[i] <= high);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Codes_are_compared_exactly(string width)
    {
        AnyOfScan scan = width switch
        {
            "scalar" => ColumnScan.AnyOfScalar,
            "256" => ColumnScan.AnyOf256,
            "512" => ColumnScan.AnyOf512,
            _ => ColumnScan.AnyOf,
        };
        var random = new Random(12);
        foreach (var length in new[] { 0, 1, 15, 16, 63, 64, 65, 200, 1000 })
        {
            var codes = Enumerable.Range(0, length).Select(_ => random.Next(4)).ToArray();
            foreach (var wanted in new int[][] { [3], [0, 2], [9], [], [0, 1, 2, 3] })
            {
                var words = Dirty(length);
                scan(codes, wanted, words);
                AssertBits(words, length, i => wanted.Contains(codes[i]));
            }
        }
    }

    [Fact]
    public void A_code_past_the_end_of_a_set_is_not_in_it()
    {
        int[] codes = [0, 1, 63, 64, 65, 127, 128, 100_000, 1];
        ulong[] set = [1UL << 1 | 1UL << 63, 1UL << 1];
        var words = Dirty(codes.Length);
        ColumnScan.InSet(codes, set, words);
        AssertBits(words, codes.Length, i => codes[i] is 1 or 63 or 65);
    }

    private static ulong[] Dirty(int length)
    {
        var words = new ulong[(length + 63) / 64];
        Array.Fill(words, ulong.MaxValue);
        return words;
    }

    private static void AssertBits(ulong[] words, int length, Func<int, bool> expected)
    {
        for (var i = 0; i < words.Length * 64; i++)
            Assert.Equal(i < length && expected(i), (words[i >> 6] >> (i & 63) & 1) != 0);
    }
}
