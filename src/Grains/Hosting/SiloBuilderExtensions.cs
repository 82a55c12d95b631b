using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime.Hosting;
using Recs.Grains.Control;
using Recs.Grains.Placement;
using Recs.Grains.Retrieval;
using Recs.Grains.Silo;
using Recs.Grains.Streams;

namespace Recs.Grains.Hosting;

/// <summary>Puts the recommender into a silo.</summary>
public static class SiloBuilderExtensions
{
    /// <summary>
    /// Adds the recommender's grains and what they need on this silo. The host adds clustering, a grain storage named
    /// <see cref="ClusterNames.Storage"/>, and a stream provider named <see cref="ClusterNames.Streams"/>.
    /// </summary>
    /// <exception cref="RecommenderException">An option is outside its range.</exception>
    public static ISiloBuilder UseRecommender(this ISiloBuilder builder, RecommenderClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Recs.Engine.Embedded.OptionsCheck.Throw(options);
        Recs.Engine.Embedded.OptionsCheck.Throw(options.Sessions);
        builder.AddIncomingGrainCallFilter<RefusalFilter>();
        builder.AddOutgoingGrainCallFilter<RefusalFilter>();
        builder.ConfigureServices(services =>
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(options);
            services.AddSingleton<ShardRouter>();
            services.AddSingleton<SiloEngine>();
            services.AddSingleton<SiloPulse>();
            services.AddSingleton<CatalogReplica>();
            services.AddSingleton<OutboxDrain>();
            services.AddSingleton<ImpressionSender>();
            services.AddSingleton<CounterFollower>();
            services.AddSingleton<ClusterKeeper>();
            services.AddSingleton<ParkedEvents>();
            services.AddSingleton<SiloFigures>();
            services.AddSingleton<Silos>();
            services.AddSingleton<ClusterFigures>();
            services.AddSingleton<StreamBacklog>();
            services.AddSingleton<SiloServices>();
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloServices>());
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloMetrics>();
            services.AddPlacementDirector<SpreadPlacement, SpreadPlacementDirector>();
            services.AddPlacementDirector<OnSiloPlacement, OnSiloPlacementDirector>();
        });
        return builder;
    }
}
