namespace Recs.Training.Ranking;

/// <summary>What the second stage is made of.</summary>
public enum RankerKind
{
    /// <summary>Logistic regression: the smallest, and explained by its own weights.</summary>
    Logistic,

    /// <summary>Gradient-boosted trees.</summary>
    Trees,

    /// <summary>A deep and cross network, version 2.</summary>
    Dcn,
}
