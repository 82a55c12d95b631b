using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Recs.Api.Hosting;
using Recs.Api.Pages;
using Recs.Engine.Embedded;

namespace Recs.Api;

/// <summary>Registers the recommender in an application.</summary>
public static class RecommenderServices
{
    /// <summary>
    /// Adds the one-process recommender over one data folder as <see cref="IRecommender"/>. It starts in the
    /// background with the application and is closed with it; until it has recovered, calls are refused as NotReady.
    /// </summary>
    /// <param name="services">The application's services. A registered <see cref="TimeProvider"/> is used.</param>
    /// <param name="options">Settings; a bad one is named, with its range, when the application starts.</param>
    public static IServiceCollection AddRecommender(this IServiceCollection services, RecommenderOptions? options = null)
    {
        options ??= new RecommenderOptions();
        services.AddRecommenderApi();
        services.TryAddSingleton(provider => new EmbeddedRecommender(
            options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.TryAddSingleton<IRecommender>(provider => provider.GetRequiredService<EmbeddedRecommender>());
        services.TryAddSingleton<RecommenderHost>();
        services.TryAddSingleton<IRecommenderAdmin>(provider => provider.GetRequiredService<RecommenderHost>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RecommenderHost>());
        return services;
    }

    /// <summary>
    /// Adds what the API and its pages need beside an <see cref="IRecommender"/> that the application registers
    /// itself; <c>AddRecommender</c> includes it.
    /// </summary>
    public static IServiceCollection AddRecommenderApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupProgress>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, Telemetry>());
        services.AddPages();
        return services;
    }

    /// <summary>The same, from the default settings: <c>AddRecommender(o => o with { DataDirectory = "shop-data" })</c>.</summary>
    public static IServiceCollection AddRecommender(
        this IServiceCollection services, Func<RecommenderOptions, RecommenderOptions> configure) =>
        services.AddRecommender(configure(new RecommenderOptions()));
}
