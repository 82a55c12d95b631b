using Recs.Engine.Ranking.Deep;

namespace Recs.Engine.Ranking;

/// <summary>
/// Ranks by a deep and cross network, scores calibrated to log-odds; explains by sampled Shapley values against the mean
/// training row. Immutable and thread-safe.
/// </summary>
public sealed class DcnRanker : IRanker
{
    private readonly DcnScorer _scorer;
    private readonly float[] _mean;

    /// <exception cref="InvalidDataException">The network is of another width than the schema.</exception>
    public DcnRanker(DcnNetwork network, Calibration calibration)
    {
        if (network.Shape.Width != FeatureSchema.Width)
            throw new InvalidDataException($"ranker: a network over {network.Shape.Width} features; the schema has {FeatureSchema.Width}.");
        calibration.Validate();
        Network = network;
        Calibration = calibration;
        _scorer = new DcnScorer(network);
        // What is unknown is the mean in training; a code that is unknown is no code.
        _mean = new float[FeatureSchema.Width];
        Array.Fill(_mean, float.NaN);
        for (var i = 0; i < network.Shape.Numeric.Length; i++)
            _mean[network.Shape.Numeric[i]] = network.Means[i];
    }

    public DcnNetwork Network { get; }

    public Calibration Calibration { get; }

    public string SchemaHash => FeatureSchema.Hash;

    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        _scorer.Score(rows, count, scores);
        Calibration.Apply(scores[..count]);
    }

    /// <summary>Contributions sum to the score less that of the mean training row.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions) =>
        SampledShapley.Explain(this, row, _mean, contributions);
}
