namespace Recs.Engine.Retrieval.Vectors;

public sealed record VectorIndexOptions
{
    /// <summary>Of everything drawn at random while learning.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Lists that vectors are divided into; 0 (default): about the square root of their number.</summary>
    public int Lists { get; init; }

    /// <summary>
    /// Share of the exact 100 nearest that a search without an effort of its own finds on average, above 0 and below 1: the
    /// effort is calibrated on the index's own vectors whenever it learns, at the price of some hundred passes over them.
    /// 0 (default): not calibrated, <see cref="SearchEffort.Default"/>.
    /// </summary>
    public double TargetRecall { get; init; }

    /// <summary>
    /// The same under a filter that passes a tenth of the items, no more than <see cref="TargetRecall"/>; above 0 and below 1, default
    /// 0.96. With a higher one a filtered search finds more and may take longer than one without a filter.
    /// </summary>
    public double FilteredRecall { get; init; } = 0.96;

    /// <summary>Merge on the thread pool when enough writes have gathered (default); otherwise only when asked to, or when the cap is reached.</summary>
    public bool MergeInBackground { get; init; } = true;

    /// <summary>Called when a merge has taken what it merges: what it throws fails the merge, as a lack of memory would.</summary>
    internal Action? OnMerge { get; init; }

    /// <summary>"avx512vbmi", "avx2" or "scalar"; null (default): the fastest that the machine has.</summary>
    public string? Kernel { get; init; }
}
