using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// AVX2: half a block at a time. A lane holds 4 codes of 4 vectors; they are regrouped by code, so that one vpshufb reads
/// one table.
/// </summary>
internal readonly unsafe struct Avx2NibbleKernel : INibbleKernel
{
    public static string Name => "avx2";

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Scan(in NibbleScan scan, int firstBlock, int blocks, float baseScore, float threshold, float* scores, int* slots)
    {
        var count = 0;
        var sums = stackalloc int[INibbleKernel.Rows];
        for (var block = firstBlock; block < firstBlock + blocks; block++)
        {
            Sum(scan, scan.Codes + (nint)block * scan.Groups * INibbleKernel.GroupBytes, sums);
            for (var row = 0; row < INibbleKernel.Rows; row++)
                count = ScalarNibbleKernel.Keep(scan, sums[row], block * INibbleKernel.Rows + row, baseScore, threshold, scores, slots, count);
        }
        return count;
    }

    private static void Sum(in NibbleScan scan, byte* codes, int* sums)
    {
        var (low, high) = (Vector256<short>.Zero, Vector256<short>.Zero);
        for (var g = 0; g < scan.Groups; g++, codes += INibbleKernel.GroupBytes)
        {
            var tables = scan.Tables + g * INibbleKernel.TableBytes;
            var weights = (int*)(scan.Weights + g * INibbleKernel.GroupCodes);
            var (first, second) = (Vector256.Create(weights[0]).AsSByte(), Vector256.Create(weights[1]).AsSByte());
            low += Half(Vector256.Load(codes), tables, first, second);
            high += Half(Vector256.Load(codes + 32), tables, first, second);
        }
        Avx2.MultiplyAddAdjacent(low, Vector256<short>.One).Store(sums);
        Avx2.MultiplyAddAdjacent(high, Vector256<short>.One).Store(sums + 8);
    }

    // A lookup whose index has its top bit set gives 0: each of the four lookups answers for its own quarter of the bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Half(Vector256<byte> codes, byte* tables, Vector256<sbyte> first, Vector256<sbyte> second)
    {
        var mask = Vector256.Create((byte)15);
        var (low, high) = (codes & mask, (codes.AsUInt16() >> 4).AsByte() & mask);
        return Avx2.MultiplyAddAdjacent(Lookup(low, tables), first) + Avx2.MultiplyAddAdjacent(Lookup(high, tables + 64), second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Lookup(Vector256<byte> codes, byte* tables)
    {
        var r0 = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(tables), codes | Vector256.Create(0x80808000).AsByte());
        var r1 = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(tables + 16), codes | Vector256.Create(0x80800080).AsByte());
        var r2 = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(tables + 32), codes | Vector256.Create(0x80008080).AsByte());
        var r3 = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(tables + 48), codes | Vector256.Create(0x00808080).AsByte());
        return r0 | r1 | (r2 | r3);
    }
}
