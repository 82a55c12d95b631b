using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Ranking;

/// <summary>
/// Ranks by boosted trees, scores calibrated to log-odds; explains by exact Shapley values. Immutable and thread-safe.
/// </summary>
public sealed class TreeRanker : IRanker
{
    private readonly BlockTreeScorer? _blocks;
    private readonly TreeShap _shap;

    /// <exception cref="InvalidDataException">The ensemble is of another width than the schema.</exception>
    public TreeRanker(TreeEnsemble ensemble, Calibration calibration)
    {
        if (ensemble.Features != FeatureSchema.Width)
            throw new InvalidDataException($"ranker: trees over {ensemble.Features} features; the schema has {FeatureSchema.Width}.");
        calibration.Validate();
        Ensemble = ensemble;
        Calibration = calibration;
        _blocks = BlockTreeScorer.TryCreate(ensemble);
        _shap = new TreeShap(ensemble);
    }

    public TreeEnsemble Ensemble { get; }

    public Calibration Calibration { get; }

    public string SchemaHash => FeatureSchema.Hash;

    public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        if (_blocks is not null)
        {
            _blocks.Score(rows, count, scores);
        }
        else
        {
            for (var r = 0; r < count; r++)
                scores[r] = Ensemble.Score(rows.Slice(r * FeatureSchema.Width, FeatureSchema.Width));
        }

        Calibration.Apply(scores[..count]);
    }

    /// <summary>Contributions sum to the score less that of the mean training row.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions)
    {
        _shap.Explain(row, contributions);
        foreach (ref var contribution in contributions[..FeatureSchema.Width])
            contribution *= Calibration.Slope;
    }
}
