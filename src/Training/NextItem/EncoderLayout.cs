namespace Recs.Training.NextItem;

/// <summary>Where each weight lies in the one array of an encoder's dense weights.</summary>
internal sealed class EncoderLayout
{
    public EncoderLayout(NextItemOptions options)
    {
        Dimension = options.Dimension;
        var square = Dimension * Dimension;
        Positions = 0;
        var at = options.MaxLength * Dimension;
        Layers = new Layer[options.Layers];
        for (var l = 0; l < Layers.Length; l++)
        {
            Layers[l] = new Layer(at, square, Dimension);
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
    public sealed class Layer(int start, int square, int dimension)
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

        public int End => InnerBias + 6 * dimension;
    }

    /// <summary>Matrices normal with deviation 1/sqrt(Dimension), positions 0.02, gains 1, biases 0.</summary>
    public float[] Initial(Random random)
    {
        var weights = new float[Size];
        Normal(weights.AsSpan(0, Layers[0].Query), 0.02, random);
        foreach (var layer in Layers)
        {
            Normal(weights.AsSpan(layer.Query, layer.InnerBias - layer.Query), 1 / Math.Sqrt(Dimension), random);
            weights.AsSpan(layer.Gain1, Dimension).Fill(1);
            weights.AsSpan(layer.Gain2, Dimension).Fill(1);
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
