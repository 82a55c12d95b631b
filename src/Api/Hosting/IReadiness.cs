namespace Recs.Api.Hosting;

/// <summary>
/// What /health/ready answers by, for a host whose readiness is not that of its whole recommender: one silo of a cluster.
/// Registered as a singleton; thread-safe.
/// </summary>
public interface IReadiness
{
    /// <summary>Why calls should go elsewhere; null when this host takes them.</summary>
    string? NotReady { get; }
}
