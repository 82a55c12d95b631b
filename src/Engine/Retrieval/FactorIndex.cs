using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Retrieval;

/// <summary>
/// The index over a model's item factors. Few of them are scanned whole; of many, inner products are searched list by
/// list and only cosine, which "similar to" pages ask for, is scanned.
/// </summary>
public sealed class FactorIndex : IVectorIndex
{
    /// <summary>Rows from which lists are quicker than a scan by enough to pay for learning them when a model loads.</summary>
    public const int ListedRows = 20_000;

    // Factors may lie so evenly that lists tell nothing: of 100,000 such scores the 150th lies 3 deviations out, so no list
    // within 4 is left out. Pages rank what is found: a missed item costs more here than some microseconds.
    private static readonly SearchEffort Effort = new(int.MaxValue, 4f, 4f, 1.5f);

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
            _listed = VectorIndex.Build(
                new VectorSpace("behaviour", factors.Rank, SpaceMetric.InnerProduct), factors.ItemOfRow, factors.Values,
                new VectorIndexOptions { MergeInBackground = false });
        }
    }

    public string Kernel => _listed?.Kernel ?? _scanned.Kernel;

    public int Count => _scanned.Count;

    public int Dimension => _scanned.Dimension;

    public int Search(
        ReadOnlySpan<float> query, VectorMetric metric, ItemMask? eligible, Span<ScoredItem> results,
        CancellationToken cancellationToken = default) =>
        _listed is null || metric == VectorMetric.Cosine
            ? _scanned.Search(query, metric, eligible, results, cancellationToken)
            : _listed.Search(query, results, eligible, Effort, cancellationToken);
}
