using System.Numerics;
using System.Runtime.InteropServices;

namespace Recs.Training.Ranking.Deep;

/// <summary>Adam (Kingma and Ba 2015, algorithm 1) with beta 0.9 and 0.999. Not thread-safe; uses its threads inside a step.</summary>
internal sealed class Adam(int parameters, double learningRate)
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;
    private const int Chunk = 16_384;

    private readonly float[] _first = new float[parameters];
    private readonly float[] _second = new float[parameters];
    private double _power1 = 1, _power2 = 1;

    /// <summary>One step down the sum of the gradients' and the penalty's slope.</summary>
    /// <param name="values">Changed.</param>
    /// <param name="a">One part's gradient.</param>
    /// <param name="b">The other's.</param>
    /// <param name="penalties">From a start on: the L2 penalty of the values up to the next.</param>
    /// <param name="parallel">Threads.</param>
    public void Step(float[] values, float[] a, float[] b, IReadOnlyList<(int Start, int Length, float L2)> penalties, ParallelOptions parallel)
    {
        _power1 *= Beta1;
        _power2 *= Beta2;
        var rate = (float)(learningRate / (1 - _power1));
        var correction = (float)(1 / Math.Sqrt(1 - _power2));
        var chunks = penalties.SelectMany(p => Enumerable.Range(0, (p.Length + Chunk - 1) / Chunk)
            .Select(c => (Start: p.Start + c * Chunk, Length: Math.Min(Chunk, p.Length - c * Chunk), p.L2))).ToArray();
        Parallel.For(0, chunks.Length, parallel, c =>
        {
            var (start, length, l2) = chunks[c];
            Update(values.AsSpan(start, length), a.AsSpan(start, length), b.AsSpan(start, length),
                _first.AsSpan(start, length), _second.AsSpan(start, length), l2, rate, correction);
        });
    }

    private static void Update(
        Span<float> values, Span<float> a, Span<float> b, Span<float> first, Span<float> second, float l2, float rate, float correction)
    {
        var w = Vectors(values);
        var ga = Vectors(a);
        var gb = Vectors(b);
        var m = Vectors(first);
        var v = Vectors(second);
        for (var i = 0; i < w.Length; i++)
        {
            var g = ga[i] + gb[i] + w[i] * l2;
            m[i] = m[i] * Beta1 + g * (1 - Beta1);
            v[i] = v[i] * Beta2 + g * g * (1 - Beta2);
            w[i] -= m[i] * rate / (Vector.SquareRoot(v[i]) * correction + new Vector<float>(Epsilon));
        }

        for (var i = w.Length * Vector<float>.Count; i < values.Length; i++)
        {
            var g = a[i] + b[i] + values[i] * l2;
            first[i] = first[i] * Beta1 + g * (1 - Beta1);
            second[i] = second[i] * Beta2 + g * g * (1 - Beta2);
            values[i] -= first[i] * rate / (MathF.Sqrt(second[i]) * correction + Epsilon);
        }
    }

    private static Span<Vector<float>> Vectors(Span<float> values) => MemoryMarshal.Cast<float, Vector<float>>(values);
}
