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

    // Without a figure of its own: where a tenth passes, the best of a list's passing items lie that much nearer to its mean.
    private const float NarrowDrop = 1.25f, LeastNarrow = 1.5f;

    // Below a tenth it falls on by so much for each tenth of a tenth.
    private const float DropPerDecade = 0.5f;

    /// <summary>
    /// <see cref="Reach"/> where a filter passes a tenth; with a larger share it lies between the two, with a smaller one it
    /// falls on. Null: 1.25 less than <see cref="Reach"/>, at least 1.5. A filtered search looks into more lists for as many
    /// hits: with the same reach it would find more of them and take longer than one without a filter.
    /// </summary>
    public float? NarrowReach { get; init; }

    /// <summary>The effort under a filter that passes a share of the items, 0 to 1.</summary>
    internal SearchEffort Under(double share)
    {
        if (float.IsInfinity(Reach))
            return this;
        var narrow = NarrowReach ?? Math.Min(Reach, Math.Max(LeastNarrow, Reach - NarrowDrop));
        var decades = (float)Math.Clamp(-Math.Log10(Math.Max(share, 1e-9)), 0, 3);
        var reach = decades <= 1 ? Reach + (narrow - Reach) * MathF.Sqrt(decades) : Math.Max(Math.Min(1, narrow), narrow - DropPerDecade * (decades - 1));
        return this with { Reach = reach };
    }
}
