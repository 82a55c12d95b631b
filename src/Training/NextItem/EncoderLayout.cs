namespace Recs.Training.NextItem;

/// <summary>Where each weight lies in the one array of an encoder's dense weights.</summary>
internal sealed class EncoderLayout
{
    // Of the attention's fall with distance in the first head before training; each further head falls a quarter as fast.
    private const float FirstSlope = 0.25f;

    private readonly int _heads, _length;

    public EncoderLayout(NextItemOptions options)
    {
        (Dimension, _heads, _length) = (options.Dimension, options.Heads, options.MaxLength);
        var square = Dimension * Dimension;
        Positions = 0;
        var at = options.MaxLength * Dimension;
        Layers = new Layer[options.Layers];
        for (var l = 0; l < Layers.Length; l++)
        {
            Layers[l] = new Layer(at, square, Dimension, options.Heads * options.MaxLength);
            at = Layers[l].End;
        }

        (FinalGain, FinalBias) = (at, at + Dimension);
        Size = at + 2 * Dimension;
    }

    public int Dimension { get; }

    /// <summary>MaxLength x Dimension.</summary>
    public int Positions { get; }

    public Layer[] Layers { get; }

    public int FinalGain { get; }

    public int FinalBias { get; }

    public int Size { get; }

    /// <summary>Square matrices (inputs x outputs), then biases and gains.</summary>
    public sealed class Layer(int start, int square, int dimension, int distances)
    {
        public int Query => start;

        public int Key => start + square;

        public int Value => start + 2 * square;

        public int Output => start + 3 * square;

        public int Inner => start + 4 * square;

        public int Outer => start + 5 * square;

        public int InnerBias => start + 6 * square;

        public int OuterBias => InnerBias + dimension;

        public int Gain1 => InnerBias + 2 * dimension;

        public int Bias1 => InnerBias + 3 * dimension;

        public int Gain2 => InnerBias + 4 * dimension;

        public int Bias2 => InnerBias + 5 * dimension;

        /// <summary>Heads x MaxLength: what is added to the attention at a distance, the largest distance first.</summary>
        public int Distance => InnerBias + 6 * dimension;

        public int End => Distance + distances;
    }

    /// <summary>
    /// Matrices normal with deviation 1/sqrt(Dimension), positions 0.02, gains 1, biases 0, attention falling with distance
    /// (Press, Smith and Lewis 2022, ALiBi; here learned from there on).
    /// </summary>
    public float[] Initial(Random random)
    {
        var weights = new float[Size];
        Normal(weights.AsSpan(0, Layers[0].Query), 0.02, random);
        foreach (var layer in Layers)
        {
            Normal(weights.AsSpan(layer.Query, layer.InnerBias - layer.Query), 1 / Math.Sqrt(Dimension), random);
            weights.AsSpan(layer.Gain1, Dimension).Fill(1);
            weights.AsSpan(layer.Gain2, Dimension).Fill(1);
            for (var h = 0; h < _heads; h++)
            {
                for (var distance = 0; distance < _length; distance++)
                    weights[layer.Distance + (h + 1) * _length - 1 - distance] = -FirstSlope * MathF.Pow(0.25f, h) * distance;
            }
        }

        weights.AsSpan(FinalGain, Dimension).Fill(1);
        return weights;
    }

    public static void Normal(Span<float> values, double deviation, Random random)
    {
        foreach (ref var value in values)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            value = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
    }
}
