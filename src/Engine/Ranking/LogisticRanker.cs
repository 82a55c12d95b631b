using System.Numerics.Tensors;

namespace Recs.Engine.Ranking;

/// <summary>
/// Logistic regression over standardised features; scores are log-odds of a positive response. Immutable and
/// thread-safe.
/// </summary>
public sealed class LogisticRanker : IRanker
{
    // Standardisation folded into the weights: score = bias' + sum of (w / scale) x.
    private readonly float[] _folded;
    private readonly float _foldedBias;

    /// <exception cref="InvalidDataException">The parameters are illegal or belong to another schema.</exception>
    public LogisticRanker(LogisticRankerParameters parameters)
    {
        parameters.Validate();
        Parameters = parameters;
        _folded = new float[FeatureSchema.Width];
        var bias = parameters.Bias;
        for (var i = 0; i < _folded.Length; i++)
        {
            var weight = parameters.Weights[i] / parameters.Scales[i];
            _folded[i] = (float)weight;
            bias -= weight * parameters.Means[i];
        }
        _foldedBias = (float)bias;
    }

    public LogisticRankerParameters Parameters { get; }

    public string SchemaHash => Parameters.SchemaHash;

    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        var width = _folded.Length;
        for (var i = 0; i < count; i++)
            scores[i] = _foldedBias + TensorPrimitives.Dot(rows.Slice(i * width, width), _folded);
    }

    public void Explain(ReadOnlySpan<float> row, Span<double> contributions)
    {
        for (var i = 0; i < _folded.Length; i++)
            contributions[i] = Parameters.Weights[i] * (row[i] - Parameters.Means[i]) / Parameters.Scales[i];
    }

    /// <summary>The probability that a score (log-odds) stands for, 0 to 1.</summary>
    public static double Probability(double score) => 1 / (1 + Math.Exp(-score));
}
