namespace Recs.Engine.Retrieval.Vectors;

public sealed record VectorIndexOptions
{
    /// <summary>Of everything drawn at random while learning.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Lists that vectors are divided into; 0 (default): about the square root of their number.</summary>
    public int Lists { get; init; }

    /// <summary>Merge on the thread pool when enough writes have gathered (default); otherwise only when asked to, or when the cap is reached.</summary>
    public bool MergeInBackground { get; init; } = true;

    /// <summary>"avx512vbmi", "avx2" or "scalar"; null (default): the fastest that the machine has.</summary>
    public string? Kernel { get; init; }
}
