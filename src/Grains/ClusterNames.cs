namespace Recs.Grains;

/// <summary>Names that storage and streams know the recommender by; part of the stored data's layout.</summary>
public static class ClusterNames
{
    /// <summary>The grain storage provider of users, imports and control state.</summary>
    public const string Storage = "recs";

    /// <summary>The stream provider of interactions.</summary>
    public const string Streams = "recs";

    /// <summary>The stream namespace of interactions; a stream's key is the user id.</summary>
    public const string Interactions = "interactions";

    /// <summary>The vector space of the matrix factorisation.</summary>
    public const string Behaviour = "behaviour";
}
