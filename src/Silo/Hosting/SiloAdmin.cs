using Recs.Api.Hosting;

namespace Recs.Silo.Hosting;

/// <summary>What operators ask of any silo, done for the whole cluster.</summary>
internal sealed class SiloAdmin(IGrainFactory grains) : IRecommenderAdmin
{
    public Task<string?> ReloadModelAsync(CancellationToken cancellationToken = default) =>
        grains.GetGrain<IControlGrain>(0).RollOutModelAsync().WaitAsync(cancellationToken);
}
