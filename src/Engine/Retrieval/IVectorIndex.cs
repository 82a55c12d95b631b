namespace Recs.Engine.Retrieval;

/// <summary>
/// Finds the nearest item vectors. Immutable, thread-safe, one per model; scores are exact, membership may be
/// approximate. A search allocates nothing once its thread has searched before.
/// </summary>
public interface IVectorIndex
{
    /// <summary>The instructions it scans with, for status pages: "avx512bw", "avx2", "scalar".</summary>
    string Kernel { get; }

    /// <summary>Vectors held.</summary>
    int Count { get; }

    /// <summary>Length of a query.</summary>
    int Dimension { get; }

    /// <summary>
    /// Fills <paramref name="results"/> with the best items, best first, equal scores by item number.
    /// </summary>
    /// <param name="query">Finite, of length <see cref="Dimension"/>.</param>
    /// <param name="metric">What "near" means.</param>
    /// <param name="eligible">Only these items; null for all. A mask shorter than the index leaves out what it does not cover.</param>
    /// <param name="results">As many as are wanted.</param>
    /// <param name="cancellationToken">Polled during the scan.</param>
    /// <returns>How many were found: fewer than wanted only when fewer are eligible.</returns>
    int Search(
        ReadOnlySpan<float> query, VectorMetric metric, ItemMask? eligible, Span<ScoredItem> results,
        CancellationToken cancellationToken = default);
}

public enum VectorMetric
{
    InnerProduct,

    /// <summary>Inner product of the vectors scaled to length 1; 0 for a vector of length 0.</summary>
    Cosine,
}

/// <param name="Item">Item number.</param>
/// <param name="Score">Exact under the metric, in single precision.</param>
public readonly record struct ScoredItem(int Item, float Score);
