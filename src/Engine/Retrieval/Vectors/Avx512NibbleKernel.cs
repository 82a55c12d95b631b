using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// AVX-512 with VBMI: one vpermb looks up 4 tables for 16 vectors; four blocks at a time share the tables' loads.
/// </summary>
internal readonly unsafe struct Avx512NibbleKernel : INibbleKernel
{
    public static string Name => "avx512vbmi";

    public static bool IsSupported => Avx512Vbmi.IsSupported && Avx512BW.IsSupported;

    public static int Scan(in NibbleScan scan, int firstBlock, int blocks, float baseScore, float threshold, float* scores, int* slots)
    {
        var groups = scan.Groups;
        var blockBytes = (nint)groups * INibbleKernel.GroupBytes;
        var codes = scan.Codes + firstBlock * blockBytes;
        var count = 0;
        var block = 0;
        for (; block + 4 <= blocks; block += 4, codes += 4 * blockBytes)
        {
            var (a, b) = (Vector512<short>.Zero, Vector512<short>.Zero);
            var (c, d) = (Vector512<short>.Zero, Vector512<short>.Zero);
            var tables = scan.Tables;
            var weights = (int*)scan.Weights;
            var group = codes;
            for (var g = 0; g < groups; g++)
            {
                var (low, high) = (Vector512.Load(tables), Vector512.Load(tables + 64));
                var (lowWeight, highWeight) = (Vector512.Create(weights[0]).AsSByte(), Vector512.Create(weights[1]).AsSByte());
                a += Sums(Vector512.Load(group), low, high, lowWeight, highWeight);
                b += Sums(Vector512.Load(group + blockBytes), low, high, lowWeight, highWeight);
                c += Sums(Vector512.Load(group + 2 * blockBytes), low, high, lowWeight, highWeight);
                d += Sums(Vector512.Load(group + 3 * blockBytes), low, high, lowWeight, highWeight);
                tables += INibbleKernel.TableBytes;
                weights += 2;
                group += INibbleKernel.GroupBytes;
            }
            count = Keep(scan, a, firstBlock + block, baseScore, threshold, scores, slots, count);
            count = Keep(scan, b, firstBlock + block + 1, baseScore, threshold, scores, slots, count);
            count = Keep(scan, c, firstBlock + block + 2, baseScore, threshold, scores, slots, count);
            count = Keep(scan, d, firstBlock + block + 3, baseScore, threshold, scores, slots, count);
        }
        for (; block < blocks; block++, codes += blockBytes)
        {
            var (a, b) = (Vector512<short>.Zero, Vector512<short>.Zero);
            var tables = scan.Tables;
            var weights = (int*)scan.Weights;
            for (var g = 0; g < groups; g++)
            {
                a += Sums(
                    Vector512.Load(codes + g * INibbleKernel.GroupBytes), Vector512.Load(tables), Vector512.Load(tables + 64),
                    Vector512.Create(weights[0]).AsSByte(), Vector512.Create(weights[1]).AsSByte());
                tables += INibbleKernel.TableBytes;
                weights += 2;
            }
            count = Keep(scan, a + b, firstBlock + block, baseScore, threshold, scores, slots, count);
        }
        return count;
    }

    // vpermb reads the low 6 bits of an index: 16 x table + code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Sums(
        Vector512<byte> codes, Vector512<byte> low, Vector512<byte> high, Vector512<sbyte> lowWeight, Vector512<sbyte> highWeight)
    {
        var table = Vector512.Create(0x30201000).AsByte();
        var half = Vector512.Create((byte)0x0F);
        var first = Avx512F.TernaryLogic(codes, half, table, 0xEA);
        var second = Avx512F.TernaryLogic((codes.AsUInt16() >> 4).AsByte(), half, table, 0xEA);
        return Avx512BW.MultiplyAddAdjacent(Avx512Vbmi.PermuteVar64x8(low, first), lowWeight)
            + Avx512BW.MultiplyAddAdjacent(Avx512Vbmi.PermuteVar64x8(high, second), highWeight);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Keep(
        in NibbleScan scan, Vector512<short> sums, int block, float baseScore, float threshold, float* scores, int* slots, int count)
    {
        var sum = Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(sums, Vector512<short>.One));
        var product = Vector512.FusedMultiplyAdd(sum, Vector512.Create(scan.Step), Vector512.Create(scan.Start));
        var slot = block * INibbleKernel.Rows;
        var score = Vector512.FusedMultiplyAdd(product, Vector512.Load(scan.Scales + slot), Vector512.Create(baseScore))
            - Vector512.Load(scan.Biases + slot);
        var above = Vector512.GreaterThan(score, Vector512.Create(threshold));
        var bits = above.ExtractMostSignificantBits();
        if (bits == 0)
            return count;
        Avx512F.CompressStore(scores + count, above, score);
        Avx512F.CompressStore(slots + count, above.AsInt32(), Vector512<int>.Indices + Vector512.Create(slot));
        return count + BitOperations.PopCount(bits);
    }
}
