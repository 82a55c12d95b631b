using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>One vector in both compressed forms. Not thread-safe: one per thread.</summary>
internal sealed class VectorEncoder(Quantizer quantizer, SpaceMetric metric)
{
    private readonly float[] _unit = new float[quantizer.Dimension], _rest = new float[quantizer.Head];
    private readonly float[] _approximation = new float[quantizer.Head];

    public int List { get; private set; }

    /// <summary>One 4-bit code a byte.</summary>
    public byte[] Nibbles { get; } = new byte[quantizer.Codes];

    public float NibbleScale { get; private set; }

    public float NibbleBias { get; private set; }

    public sbyte[] Bytes { get; } = new sbyte[quantizer.Head];

    public float ByteScale { get; private set; }

    public float ByteBias { get; private set; }

    public float[] Head { get; } = new float[quantizer.Head];

    /// <summary>Squared length beyond the head.</summary>
    public float TailSquare { get; private set; }

    /// <summary>Projects a vector and finds its list.</summary>
    public void Place(ReadOnlySpan<float> vector)
    {
        var x = vector;
        if (metric == SpaceMetric.Cosine)
        {
            Unit(vector, _unit);
            x = _unit;
        }
        quantizer.Project(x, Head);
        var whole = metric == SpaceMetric.InnerProduct ? 0 : TensorPrimitives.Distance(x, quantizer.Parts.Mean);
        TailSquare = metric == SpaceMetric.InnerProduct ? 0 : Math.Max(0, whole * whole - TensorPrimitives.SumOfSquares<float>(Head));
        List = quantizer.ListOf(Head);
    }

    /// <summary>Encodes what was placed last.</summary>
    public void Encode()
    {
        var centroid = quantizer.Parts.Centroids.AsSpan(List * quantizer.Head, quantizer.Head);
        TensorPrimitives.Subtract(Head, centroid, _rest);
        EncodeNibbles(centroid);
        EncodeBytes();
    }

    public static void Unit(ReadOnlySpan<float> vector, Span<float> unit)
    {
        var length = TensorPrimitives.Norm(vector);
        if (length > 0 && float.IsFinite(length))
            TensorPrimitives.Multiply(vector, 1 / length, unit);
        else
            unit.Clear();
    }

    /// <summary>Root mean square of what is left of a head beyond its centroid.</summary>
    public static float Spread(ReadOnlySpan<float> rest) => TensorPrimitives.Norm(rest) / MathF.Sqrt(rest.Length);

    private void EncodeNibbles(ReadOnlySpan<float> centroid)
    {
        var spread = Spread(_rest);
        var inverse = spread > 0 ? 1 / spread : 0;
        var tables = quantizer.Parts.Tables;
        Span<float> distances = stackalloc float[16];
        var axis = 0;
        var (products, squares) = (0.0, 0.0);
        for (var code = 0; code < Nibbles.Length; code++)
        {
            var first = axis;
            distances.Clear();
            for (var end = axis + quantizer.Widths[code]; axis < end; axis++)
            {
                var value = _rest[axis] * inverse;
                for (var entry = 0; entry < 16; entry++)
                {
                    var difference = value - tables[axis * 16 + entry];
                    distances[entry] += difference * difference;
                }
            }
            var best = distances.IndexOf(TensorPrimitives.Min<float>(distances));
            Nibbles[code] = (byte)best;
            for (var a = first; a < axis; a++)
            {
                var value = tables[a * 16 + best];
                _approximation[a] = value;
                products += value * (double)_rest[a];
                squares += value * (double)value;
            }
        }
        // Least squares: of all scales this one leaves the smallest error.
        NibbleScale = squares > 0 ? (float)(products / squares) : 0;
        TensorPrimitives.MultiplyAdd(_approximation, NibbleScale, centroid, _approximation);
        NibbleBias = Bias();
    }

    private void EncodeBytes()
    {
        var scales = quantizer.Parts.AxisScales;
        var largest = 0f;
        for (var a = 0; a < Head.Length; a++)
            largest = Math.Max(largest, Math.Abs(Head[a] / scales[a]));
        ByteScale = largest / 127;
        for (var a = 0; a < Head.Length; a++)
        {
            var code = largest > 0 ? MathF.Round(Head[a] / scales[a] / ByteScale) : 0;
            Bytes[a] = (sbyte)Math.Clamp(code, -127, 127);
            _approximation[a] = Bytes[a] * ByteScale * scales[a];
        }
        ByteBias = Bias();
    }

    // Half of |approximation|^2 + |error|^2 + |tail|^2: the error's own square is known, only its product with the query is not.
    private float Bias()
    {
        if (metric == SpaceMetric.InnerProduct)
            return 0;
        var error = TensorPrimitives.Distance<float>(Head, _approximation);
        return (TensorPrimitives.SumOfSquares<float>(_approximation) + error * error + TailSquare) / 2;
    }
}
