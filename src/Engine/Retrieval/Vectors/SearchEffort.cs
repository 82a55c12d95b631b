namespace Recs.Engine.Retrieval.Vectors;

/// <summary>How far a search goes. More of each finds more and takes longer.</summary>
/// <param name="Lists">At most this many lists are scanned.</param>
/// <param name="Reach">
/// A list is scanned while its mean score plus this many standard deviations still reaches the shortlist. 0 stops at means.
/// </param>
/// <param name="Shortlist">Kept by 4-bit score, as a multiple of what is wanted.</param>
/// <param name="Exact">Scored on the float vectors, as a multiple of what is wanted; 1 up.</param>
public readonly record struct SearchEffort(int Lists, float Reach, float Shortlist, float Exact)
{
    /// <summary>Finds at least 95 of 100 on the sets measured.</summary>
    public static SearchEffort Default { get; } = new(int.MaxValue, 3f, 2f, 1.3f);

    /// <summary>Scores every vector exactly: the truth, at the price of reading all of it.</summary>
    public static SearchEffort Everything { get; } = new(int.MaxValue, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity);

    /// <summary>Scans everything and scores as much as is sensible exactly.</summary>
    public static SearchEffort Thorough { get; } = new(int.MaxValue, float.PositiveInfinity, 8f, 4f);
}
