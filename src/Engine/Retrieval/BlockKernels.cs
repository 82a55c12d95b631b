using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Scores one block of 16 quantised rows. A block holds, for every group of 4 dimensions, 16 rows x 4 codes; a code is
/// the quantised value plus 128, so that bytes times signed bytes fit the multiply-add instructions. Query codes lie
/// in -63 to 63: two products then sum to at most 2 x 255 x 63 = 32,130 and never saturate 16 bits. Integer sums are
/// exact, so every kernel gives the same bits.
/// </summary>
internal interface IBlockKernel
{
    const int Rows = 16, GroupBytes = Rows * 4, QueryMax = 63;

    static abstract string Name { get; }

    static abstract bool IsSupported { get; }

    /// <summary>Writes the 16 scores (sum of products x row scale) when any lies above the threshold; returns which do, a bit each.</summary>
    /// <param name="codes">The block.</param>
    /// <param name="query">Query codes, 4 to an int, one int per group.</param>
    /// <param name="groups">Groups of 4 dimensions.</param>
    /// <param name="start">-128 x sum of the query codes: takes the codes' offset out again.</param>
    /// <param name="scales">16 row scales.</param>
    /// <param name="threshold">Scores at or below it do not count.</param>
    /// <param name="scores">Receives 16 scores.</param>
    static abstract uint Above(
        ref byte codes, ref int query, int groups, int start, ref float scales, float threshold, ref float scores);
}

internal readonly struct Avx512Kernel : IBlockKernel
{
    public static string Name => "avx512bw";

    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Above(
        ref byte codes, ref int query, int groups, int start, ref float scales, float threshold, ref float scores)
    {
        var sums = Vector512.Create(start);
        for (var g = 0; g < groups; g++)
        {
            var rows = Vector512.LoadUnsafe(ref codes, (nuint)(g * IBlockKernel.GroupBytes));
            var pairs = Avx512BW.MultiplyAddAdjacent(rows, Vector512.Create(Unsafe.Add(ref query, g)).AsSByte());
            sums += Avx512BW.MultiplyAddAdjacent(pairs, Vector512<short>.One);
        }
        var result = Vector512.ConvertToSingle(sums) * Vector512.LoadUnsafe(ref scales);
        var above = (uint)Vector512.GreaterThan(result, Vector512.Create(threshold)).ExtractMostSignificantBits();
        if (above != 0)
            result.StoreUnsafe(ref scores);
        return above;
    }
}

internal readonly struct Avx2Kernel : IBlockKernel
{
    public static string Name => "avx2";

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Above(
        ref byte codes, ref int query, int groups, int start, ref float scales, float threshold, ref float scores)
    {
        var (low, high) = (Vector256.Create(start), Vector256.Create(start));
        for (var g = 0; g < groups; g++)
        {
            var wanted = Vector256.Create(Unsafe.Add(ref query, g)).AsSByte();
            var offset = (nuint)(g * IBlockKernel.GroupBytes);
            low += Avx2.MultiplyAddAdjacent(
                Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref codes, offset), wanted), Vector256<short>.One);
            high += Avx2.MultiplyAddAdjacent(
                Avx2.MultiplyAddAdjacent(Vector256.LoadUnsafe(ref codes, offset + 32), wanted), Vector256<short>.One);
        }
        var lowResult = Vector256.ConvertToSingle(low) * Vector256.LoadUnsafe(ref scales);
        var highResult = Vector256.ConvertToSingle(high) * Vector256.LoadUnsafe(ref scales, 8);
        var least = Vector256.Create(threshold);
        var above = Vector256.GreaterThan(lowResult, least).ExtractMostSignificantBits()
            | Vector256.GreaterThan(highResult, least).ExtractMostSignificantBits() << 8;
        if (above != 0)
        {
            lowResult.StoreUnsafe(ref scores);
            highResult.StoreUnsafe(ref scores, 8);
        }
        return above;
    }
}

internal readonly struct ScalarKernel : IBlockKernel
{
    public static string Name => "scalar";

    public static bool IsSupported => true;

    public static uint Above(
        ref byte codes, ref int query, int groups, int start, ref float scales, float threshold, ref float scores)
    {
        var wanted = MemoryMarshal.Cast<int, sbyte>(MemoryMarshal.CreateReadOnlySpan(ref query, groups));
        var rows = MemoryMarshal.CreateReadOnlySpan(ref codes, groups * IBlockKernel.GroupBytes);
        var above = 0u;
        for (var row = 0; row < IBlockKernel.Rows; row++)
        {
            var sum = start;
            for (var d = 0; d < wanted.Length; d++)
                sum += wanted[d] * rows[(d >> 2) * IBlockKernel.GroupBytes + row * 4 + (d & 3)];
            var score = sum * Unsafe.Add(ref scales, row);
            Unsafe.Add(ref scores, row) = score;
            if (score > threshold)
                above |= 1u << row;
        }
        return above;
    }
}
