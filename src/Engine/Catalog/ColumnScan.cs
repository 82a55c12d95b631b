using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Recs.Engine.Catalog;

/// <summary>
/// Compares a whole column with constants, 64 items to a bit word. Each test has a scalar twin and one per vector
/// width; the public entry takes the widest that the processor has.
/// </summary>
internal static class ColumnScan
{
    /// <summary>
    /// Sets bit i when low ≤ values[i] ≤ high, clears it otherwise; NaN never passes. There are
    /// (values.Length + 63) / 64 words, all overwritten; the same in every method here.
    /// </summary>
    public static void InRange(ReadOnlySpan<double> values, double low, double high, Span<ulong> words)
    {
        if (Vector512.IsHardwareAccelerated)
            InRange512(values, low, high, words);
        else if (Vector256.IsHardwareAccelerated)
            InRange256(values, low, high, words);
        else
            InRangeScalar(values, low, high, words);
    }

    /// <summary>Sets bit i when codes[i] is one of <paramref name="wanted"/>, clears it otherwise. For a few wanted ones.</summary>
    public static void AnyOf(ReadOnlySpan<int> codes, ReadOnlySpan<int> wanted, Span<ulong> words)
    {
        if (Vector512.IsHardwareAccelerated)
            AnyOf512(codes, wanted, words);
        else if (Vector256.IsHardwareAccelerated)
            AnyOf256(codes, wanted, words);
        else
            AnyOfScalar(codes, wanted, words);
    }

    /// <summary>Sets bit i when bit codes[i] of <paramref name="set"/> is set; a code past its end is not in the set.</summary>
    public static void InSet(ReadOnlySpan<int> codes, ReadOnlySpan<ulong> set, Span<ulong> words)
    {
        for (var w = 0; w < words.Length; w++)
        {
            var from = w << 6;
            var bits = 0UL;
            var block = codes.Slice(from, Math.Min(64, codes.Length - from));
            for (var i = 0; i < block.Length; i++)
            {
                var code = block[i];
                if ((uint)(code >> 6) < (uint)set.Length)
                    bits |= (set[code >> 6] >> (code & 63) & 1) << i;
            }

            words[w] = bits;
        }
    }

    internal static void InRangeScalar(ReadOnlySpan<double> values, double low, double high, Span<ulong> words)
    {
        for (var w = 0; w < words.Length; w++)
            words[w] = InRangeWord(values, w << 6, low, high);
    }

    internal static void InRange256(ReadOnlySpan<double> values, double low, double high, Span<ulong> words)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var lows = Vector256.Create(low);
        var highs = Vector256.Create(high);
        var whole = values.Length >> 6;
        for (var w = 0; w < whole; w++)
        {
            var bits = 0UL;
            for (var i = 0; i < 64; i += 4)
            {
                var v = Vector256.LoadUnsafe(ref first, (nuint)((w << 6) + i));
                var pass = Vector256.GreaterThanOrEqual(v, lows) & Vector256.LessThanOrEqual(v, highs);
                bits |= (ulong)pass.ExtractMostSignificantBits() << i;
            }

            words[w] = bits;
        }

        if (whole < words.Length)
            words[whole] = InRangeWord(values, whole << 6, low, high);
    }

    internal static void InRange512(ReadOnlySpan<double> values, double low, double high, Span<ulong> words)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var lows = Vector512.Create(low);
        var highs = Vector512.Create(high);
        var whole = values.Length >> 6;
        for (var w = 0; w < whole; w++)
        {
            var bits = 0UL;
            for (var i = 0; i < 64; i += 8)
            {
                var v = Vector512.LoadUnsafe(ref first, (nuint)((w << 6) + i));
                var pass = Vector512.GreaterThanOrEqual(v, lows) & Vector512.LessThanOrEqual(v, highs);
                bits |= pass.ExtractMostSignificantBits() << i;
            }

            words[w] = bits;
        }

        if (whole < words.Length)
            words[whole] = InRangeWord(values, whole << 6, low, high);
    }

    internal static void AnyOfScalar(ReadOnlySpan<int> codes, ReadOnlySpan<int> wanted, Span<ulong> words)
    {
        for (var w = 0; w < words.Length; w++)
            words[w] = AnyOfWord(codes, w << 6, wanted);
    }

    internal static void AnyOf256(ReadOnlySpan<int> codes, ReadOnlySpan<int> wanted, Span<ulong> words)
    {
        ref var first = ref MemoryMarshal.GetReference(codes);
        var whole = codes.Length >> 6;
        for (var w = 0; w < whole; w++)
        {
            var bits = 0UL;
            for (var i = 0; i < 64; i += 8)
            {
                var v = Vector256.LoadUnsafe(ref first, (nuint)((w << 6) + i));
                var pass = Vector256<int>.Zero;
                foreach (var code in wanted)
                    pass |= Vector256.Equals(v, Vector256.Create(code));
                bits |= (ulong)pass.ExtractMostSignificantBits() << i;
            }

            words[w] = bits;
        }

        if (whole < words.Length)
            words[whole] = AnyOfWord(codes, whole << 6, wanted);
    }

    internal static void AnyOf512(ReadOnlySpan<int> codes, ReadOnlySpan<int> wanted, Span<ulong> words)
    {
        ref var first = ref MemoryMarshal.GetReference(codes);
        var whole = codes.Length >> 6;
        for (var w = 0; w < whole; w++)
        {
            var bits = 0UL;
            for (var i = 0; i < 64; i += 16)
            {
                var v = Vector512.LoadUnsafe(ref first, (nuint)((w << 6) + i));
                var pass = Vector512<int>.Zero;
                foreach (var code in wanted)
                    pass |= Vector512.Equals(v, Vector512.Create(code));
                bits |= pass.ExtractMostSignificantBits() << i;
            }

            words[w] = bits;
        }

        if (whole < words.Length)
            words[whole] = AnyOfWord(codes, whole << 6, wanted);
    }

    private static ulong InRangeWord(ReadOnlySpan<double> values, int from, double low, double high)
    {
        var block = values.Slice(from, Math.Min(64, values.Length - from));
        var bits = 0UL;
        for (var i = 0; i < block.Length; i++)
        {
            if (block[i] >= low && block[i] <= high)
                bits |= 1UL << i;
        }

        return bits;
    }

    private static ulong AnyOfWord(ReadOnlySpan<int> codes, int from, ReadOnlySpan<int> wanted)
    {
        var block = codes.Slice(from, Math.Min(64, codes.Length - from));
        var bits = 0UL;
        for (var i = 0; i < block.Length; i++)
        {
            if (wanted.Contains(block[i]))
                bits |= 1UL << i;
        }

        return bits;
    }
}
