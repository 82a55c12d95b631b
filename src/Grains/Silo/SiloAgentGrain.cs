using Recs.Grains.Placement;

namespace Recs.Grains.Silo;

/// <inheritdoc cref="ISiloAgentGrain"/>
[OnSiloPlacement]
internal sealed class SiloAgentGrain(
    SiloEngine engine, CatalogReplica catalog, ImpressionSender impressions, ParkedEvents parked, SiloFigures figures) : Grain, ISiloAgentGrain
{
    public Task<long> ApplyCatalogAsync(CatalogChanges changes) => catalog.ApplyAsync(changes);

    public Task<bool> PrepareModelAsync(string version) => engine.Models.PrepareAsync(version, CancellationToken.None);

    public async Task ActivateModelAsync(string version)
    {
        if (!await engine.Models.ActivateAsync(version, CancellationToken.None))
            throw new RecommenderException(RefusalKind.NotFound, $"Model '{version}' does not load on silo {this.GetPrimaryKeyString()}.");
    }

    public Task RefreshRulesAsync()
    {
        engine.Rules.Refresh();
        return Task.CompletedTask;
    }

    public async Task ForgetAsync(string[] userIds)
    {
        engine.ForgetVisits(userIds);
        parked.Forget(userIds);
        await impressions.ForgetAsync(userIds);
    }

    public Task<RecommenderStatus> StatusAsync(TimeSpan patience) => figures.ReadAsync(patience);
}
