namespace Recs.Api.Hosting;

/// <summary>What operators do beyond <see cref="IRecommender"/>; a host that can registers it as a singleton.</summary>
public interface IRecommenderAdmin
{
    /// <summary>Looks for a newer model now; returns the active version afterwards, null when there is none.</summary>
    Task<string?> ReloadModelAsync(CancellationToken cancellationToken = default);
}
