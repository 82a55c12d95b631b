using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Recs.Engine.Embedded;
using StackExchange.Redis;

namespace Recs.Client;

/// <summary>Puts a cluster's recommender and event publisher into an application that is no silo.</summary>
public static class RecommenderClientServices
{
    private const string Legal = "HOST:PORT, then StackExchange.Redis settings with commas between";

    /// <summary>
    /// Adds <see cref="IRecommender"/>, <see cref="IEventPublisher"/>, <see cref="ClusterConnection"/> and an Orleans
    /// client. The application starts whether or not the cluster can be reached: the client connects in the background, for
    /// as long as it takes, and until then calls are refused as NotReady with a time to try again.
    /// </summary>
    /// <exception cref="RecommenderException">An option is outside its range, or the application has an Orleans client or silo already.</exception>
    public static IServiceCollection AddRecommenderClient(this IServiceCollection services, RecommenderClientOptions? options = null)
    {
        options ??= new RecommenderClientOptions();
        var redis = Check(options);
        if (services.Any(service => service.ServiceType == typeof(IClusterClient)))
            throw new RecommenderException(RefusalKind.Conflict, "This application has an Orleans client or silo already; register ClusterRecommender and EventPublisher over it.");

        services.AddOrleansClient(client => client.Use(options, redis));
        ConnectInBackground(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.TryAddSingleton<ClientMetrics>();
        services.AddSingleton<ClusterConnection>();
        services.AddSingleton<IRecommender>(provider => new ClusterRecommender(
            provider.GetRequiredService<IClusterClient>(),
            options.Calls,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ClientMetrics>(),
            provider.GetRequiredService<ILogger<ClusterRecommender>>(),
            provider.GetRequiredService<ClusterConnection>()));
        services.AddSingleton(provider => new EventPublisher(
            provider.GetRequiredService<IClusterClient>(),
            options.Publishing,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ClientMetrics>(),
            provider.GetRequiredService<ClusterConnection>()));
        services.AddSingleton<IEventPublisher>(provider => provider.GetRequiredService<EventPublisher>());
        return services;
    }

    /// <summary>The same, from the default settings: <c>AddRecommenderClient(o => o with { Redis = "redis:6379" })</c>.</summary>
    public static IServiceCollection AddRecommenderClient(
        this IServiceCollection services, Func<RecommenderClientOptions, RecommenderClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddRecommenderClient(configure(new RecommenderClientOptions()));
    }

    private static ConfigurationOptions? Check(RecommenderClientOptions options)
    {
        OptionsCheck.Throw(options);
        OptionsCheck.Throw(options.Calls);
        options.Publishing.Check();
        var given = (options.Redis is null ? 0 : 1) + (options.GatewayPort is null ? 0 : 1) + (options.Configure is null ? 0 : 1);
        if (given > 1)
            throw RecommenderException.Invalid("client", $"{given} ways to find the cluster", "one of Redis, GatewayPort and Configure");
        if (options.Redis is not { } settings)
            return null;
        try
        {
            var redis = ConfigurationOptions.Parse(settings);
            redis.ClientName ??= "recs-client";
            return redis.EndPoints.Count > 0 ? redis : throw RecommenderException.Invalid("Redis", settings, Legal);
        }
        catch (ArgumentException e)
        {
            throw new RecommenderException(RefusalKind.Invalid, $"Redis cannot be read: {e.Message} Legal is {Legal}.", e) { Field = "Redis", Value = settings, Legal = Legal };
        }
    }

    private static void Use(this IClientBuilder client, RecommenderClientOptions options, ConfigurationOptions? redis)
    {
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        client.Configure<ClientMessagingOptions>(messages => messages.ResponseTimeout = options.ResponseTimeout);
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = options.GatewayRefresh);
        client.AddActivityPropagation();
        if (redis is not null)
            client.UseRedisClustering(clustering => clustering.ConfigurationOptions = redis);
        else if (options.Configure is { } configure)
            configure(client);
        else
            client.UseLocalhostClustering(options.GatewayPort ?? RecommenderClientOptions.DefaultGatewayPort, options.ServiceId, options.ClusterId);
    }

    // As Orleans registers its client, the application would not start before the cluster is there, and fail when it cannot
    // be reached. The connector starts the client instead.
    private static void ConnectInBackground(IServiceCollection services)
    {
        var own = services.Where(IsOfOrleans).ToArray();
        if (own.Length != 1)
            throw new InvalidOperationException($"This version of Orleans hosts its client by {own.Length} services; one was expected.");
        services.Remove(own[0]);
        services.AddSingleton<ClusterConnector>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ClusterConnector>());
        services.AddSingleton<IClientConnectionRetryFilter>(provider => provider.GetRequiredService<ClusterConnector>());
    }

    private static bool IsOfOrleans(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService)
        && service.ImplementationFactory?.Method.Module.Assembly.GetName().Name?.StartsWith("Orleans.", StringComparison.Ordinal) == true;
}
