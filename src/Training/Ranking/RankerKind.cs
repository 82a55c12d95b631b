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

/// <summary>What the second stage learns from.</summary>
public enum RankerRows
{
    /// <summary>Pages made again just before positive events: what was responded to, against sampled other candidates.</summary>
    Replayed,

    /// <summary>Pages as they were shown: the logged feature rows, and which of the items were responded to.</summary>
    Shown,
}

/// <summary>How it is undone that an item was responded to because of its place, where the rows are those shown.</summary>
public enum PositionBias
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The place is one more feature while learning, and the first place when serving. Not for DCN-v2, whose layers mix it with the rest.</summary>
    Feature,

    /// <summary>Responses weigh the inverse of how much their place is looked at, estimated from the rows.</summary>
    Propensity,
}
