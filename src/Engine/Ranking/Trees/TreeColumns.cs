using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Recs.Engine.Ranking.Trees;

/// <summary>
/// The thresholds of one feature over a whole ensemble, sorted. A value's bin is the number of thresholds below it, so
/// that x is at most threshold k exactly when bin(x) is at most k, and a node compares one byte instead of a float.
/// </summary>
internal sealed class ThresholdTable
{
    /// <summary>Bins 0 to 253 for values; a byte keeps room for the missing one on either side.</summary>
    public const int MaxThresholds = 253;

    public const byte Missing = 255;

    private readonly float[] _padded;

    public ThresholdTable(float[] sorted)
    {
        Count = sorted.Length;
        var size = 1;
        while (size <= sorted.Length)
            size *= 2;
        // A search that halves needs a power of two less one; what is added is above everything.
        _padded = new float[size];
        Array.Fill(_padded, float.PositiveInfinity);
        sorted.CopyTo(_padded, 0);
    }

    public int Count { get; }

    public byte BinOf(float threshold) => (byte)Bin(threshold);

    public int Bin(float value)
    {
        var at = 0;
        for (var step = _padded.Length / 2; step > 0; step /= 2)
            at += _padded[at + step - 1] < value ? step : 0;
        return at;
    }

    /// <summary>
    /// Bins of a column: <paramref name="bins"/> with missing last (255), <paramref name="shifted"/> one higher with
    /// missing first (0).
    /// </summary>
    public void Fill(ReadOnlySpan<float> values, Span<byte> bins, Span<byte> shifted)
    {
        var i = 0;
        if (Avx2.IsSupported)
            i = FillAvx2(values, bins, shifted);
        for (; i < values.Length; i++)
            (bins[i], shifted[i]) = Bytes(values[i]);
    }

    public (byte Bin, byte Shifted) Bytes(float value)
    {
        if (float.IsNaN(value))
            return (Missing, 0);
        var bin = Bin(value);
        return ((byte)bin, (byte)(bin + 1));
    }

    private unsafe int FillAvx2(ReadOnlySpan<float> values, Span<byte> bins, Span<byte> shifted)
    {
        var i = 0;
        fixed (float* table = _padded, from = values)
        {
            for (; i + 8 <= values.Length; i += 8)
            {
                var x = Vector256.Load(from + i);
                var at = Vector256<int>.Zero;
                for (var step = _padded.Length / 2; step > 0; step /= 2)
                {
                    var probed = Avx2.GatherVector256(table + step - 1, at, 4);
                    at += Vector256.LessThan(probed, x).AsInt32() & Vector256.Create(step);
                }

                // Missing becomes -1 + 256 = 255 in a byte, and 0 once shifted.
                at = Vector256.ConditionalSelect(Vector256.Equals(x, x).AsInt32(), at, Vector256<int>.AllBitsSet);
                for (var lane = 0; lane < 8; lane++)
                {
                    var bin = at[lane];
                    bins[i + lane] = (byte)bin;
                    shifted[i + lane] = (byte)(bin + 1);
                }
            }
        }

        return i;
    }
}
