using System.Numerics;

namespace Recs.Training.NextItem;

/// <summary>Adam (Kingma and Ba 2015); rows of a table that a batch does not touch stay as they are.</summary>
internal sealed class Adam(int size, double rate)
{
    private const float Beta1 = 0.9f, Beta2 = 0.98f, Epsilon = 1e-8f;

    private readonly float[] _first = new float[size], _second = new float[size];

    /// <summary>Rate of a step, counted from 1, with the corrections for the averages' start at 0.</summary>
    public float RateOf(int step) => (float)(rate * Math.Sqrt(1 - Math.Pow(Beta2, step)) / (1 - Math.Pow(Beta1, step)));

    public void Apply(Span<float> values, ReadOnlySpan<float> gradient, int at, float stepRate)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= gradient.Length; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]);
            var (f, s) = (new Vector<float>(_first, at + i), new Vector<float>(_second, at + i));
            f += (1 - Beta1) * (g - f);
            s += (1 - Beta2) * (g * g - s);
            f.CopyTo(_first, at + i);
            s.CopyTo(_second, at + i);
            (new Vector<float>(values[i..]) - stepRate * f / (Vector.SquareRoot(s) + new Vector<float>(Epsilon))).CopyTo(values[i..]);
        }

        for (; i < gradient.Length; i++)
        {
            var g = gradient[i];
            var first = _first[at + i] += (1 - Beta1) * (g - _first[at + i]);
            var second = _second[at + i] += (1 - Beta2) * (g * g - _second[at + i]);
            values[i] -= stepRate * first / (MathF.Sqrt(second) + Epsilon);
        }
    }
}
