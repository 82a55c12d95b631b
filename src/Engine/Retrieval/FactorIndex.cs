using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Retrieval;

/// <summary>
/// The index over a model's item factors. Few of them are scanned whole; of many, inner products are searched list by
/// list and only cosine, which "similar to" pages ask for, is scanned. How far a search goes is calibrated on the factors
/// themselves; where they lie so evenly that no list can be left out, all are scanned.
/// </summary>
public sealed class FactorIndex : IVectorIndex
{
    /// <summary>Rows from which lists are quicker than a scan by enough to pay for learning them when a model loads.</summary>
    public const int ListedRows = 20_000;

    // Pages rank what is found: a missed item costs more than some microseconds.
    private const double TargetRecall = 0.99;

    private readonly QuantizedIndex _scanned;
    private readonly VectorIndex? _listed;

    public FactorIndex(ItemFactors factors)
        : this(factors, ListedRows)
    {
    }

    internal FactorIndex(ItemFactors factors, int listedRows)
    {
        _scanned = new QuantizedIndex(factors);
        if (factors.Rows >= listedRows)
        {
            var listed = VectorIndex.Build(
                new VectorSpace("behaviour", factors.Rank, SpaceMetric.InnerProduct), factors.ItemOfRow, factors.Values,
                new VectorIndexOptions { MergeInBackground = false, TargetRecall = TargetRecall, FilteredRecall = TargetRecall });
            _listed = float.IsFinite(listed.Effort.Reach) ? listed : null;
        }
    }

    /// <summary>Whether inner products are searched list by list.</summary>
    public bool Listed => _listed is not null;

    public string Kernel => _listed?.Kernel ?? _scanned.Kernel;

    public int Count => _scanned.Count;

    public int Dimension => _scanned.Dimension;

    public int Search(
        ReadOnlySpan<float> query, VectorMetric metric, ItemMask? eligible, Span<ScoredItem> results,
        CancellationToken cancellationToken = default) =>
        _listed is null || metric == VectorMetric.Cosine
            ? _scanned.Search(query, metric, eligible, results, cancellationToken)
            : _listed.Search(query, results, eligible, effort: null, cancellationToken);
}
