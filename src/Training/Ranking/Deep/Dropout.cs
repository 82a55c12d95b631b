using System.Numerics;
using System.Runtime.InteropServices;

namespace Recs.Training.Ranking.Deep;

/// <summary>Drops a share of activations, in steps of 1/256, and scales the rest up (Srivastava et al. 2014).</summary>
internal static class Dropout
{
    public static float Scale(double share) => 256f / (256 - Cut(share));

    public static void Apply(Span<float> values, double share, ulong seed)
    {
        var cut = Cut(share);
        if (cut == 0)
            return;
        var scale = Scale(share);
        var state = (seed + 1) * 0x9E3779B97F4A7C15;
        for (var i = 0; i < values.Length; i += 8)
        {
            // splitmix64: eight bytes, one an activation.
            state += 0x9E3779B97F4A7C15;
            var z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            z ^= z >> 31;
            for (var j = i; j < Math.Min(i + 8, values.Length); j++, z >>= 8)
                values[j] = (byte)z < cut ? 0 : values[j] * scale;
        }
    }

    /// <summary>The gradient before ReLU and dropout, from that behind them.</summary>
    public static void Backward(ReadOnlySpan<float> outputs, float scale, Span<float> gradient)
    {
        var o = MemoryMarshal.Cast<float, Vector<float>>(outputs);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        for (var i = 0; i < o.Length; i++)
            g[i] = Vector.ConditionalSelect(Vector.GreaterThan(o[i], Vector<float>.Zero), g[i] * scale, Vector<float>.Zero);
        for (var i = o.Length * Vector<float>.Count; i < outputs.Length; i++)
            gradient[i] = outputs[i] > 0 ? gradient[i] * scale : 0;
    }

    private static int Cut(double share) => (int)Math.Round(share * 256);
}
