using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>What "near" means in a space. Scores are higher for nearer vectors under each of them.</summary>
public enum SpaceMetric
{
    InnerProduct,

    /// <summary>Inner product of the vectors scaled to length 1; 0 where one has length 0.</summary>
    Cosine,

    /// <summary>Minus the squared distance.</summary>
    Euclidean,
}

/// <summary>One kind of vector that items have ("behaviour", "text", "image"): a name, a length, a metric.</summary>
public sealed record VectorSpace
{
    public const int MaxDimension = 4096;

    /// <summary>Largest legal magnitude of a value: of 4,096 such a squared distance still is a single-precision number.</summary>
    public const float MaxMagnitude = 1e16f;

    /// <param name="name">Lower-case letters, digits, '-' and '_', 1 to 64 of them: it names files.</param>
    /// <param name="dimension">1 to <see cref="MaxDimension"/>.</param>
    /// <param name="metric">What "near" means.</param>
    public VectorSpace(string name, int dimension, SpaceMetric metric)
    {
        if (name.Length is 0 or > 64 || !name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-' or '_'))
            throw RecommenderException.Invalid("space", name, "1 to 64 of a-z, 0-9, '-' and '_'");
        if (dimension is < 1 or > MaxDimension)
            throw RecommenderException.Invalid("dimension", dimension, $"1 to {MaxDimension}");
        if (!Enum.IsDefined(metric))
            throw RecommenderException.Invalid("metric", metric, "InnerProduct, Cosine or Euclidean");
        (Name, Dimension, Metric) = (name, dimension, metric);
    }

    public string Name { get; }

    public int Dimension { get; }

    public SpaceMetric Metric { get; }

    /// <summary>Refuses a vector of another length, or one with a NaN or a magnitude above <see cref="MaxMagnitude"/>.</summary>
    public void Check(ReadOnlySpan<float> vector, string field)
    {
        if (vector.Length != Dimension)
            throw RecommenderException.Invalid(field, $"{vector.Length} values", $"{Dimension} values in space '{Name}'");
        // A maximum that is no number compares as false.
        if (MathF.Abs(TensorPrimitives.MaxMagnitude(vector)) <= MaxMagnitude)
            return;
        for (var d = 0; d < vector.Length; d++)
        {
            if (!(MathF.Abs(vector[d]) <= MaxMagnitude))
                throw RecommenderException.Invalid(field, vector[d], $"finite values of magnitude up to {MaxMagnitude}", d);
        }
    }
}
