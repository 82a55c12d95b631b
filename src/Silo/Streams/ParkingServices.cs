using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Recs.Grains.Silo;

namespace Recs.Silo.Streams;

/// <summary>Registers the parking of what a stream provider gives up.</summary>
internal static class ParkingServices
{
    /// <summary>Wraps the provider of this name, which must be registered already.</summary>
    public static void ParkWhatStreamsGiveUp(this IServiceCollection services, string provider)
    {
        var registered = services.Last(d => d.ServiceType == typeof(IQueueAdapterFactory) && Equals(d.ServiceKey, provider));
        var create = registered.KeyedImplementationFactory!;
        services.Remove(registered);
        services.AddKeyedSingleton<IQueueAdapterFactory>(provider, (container, key) => new ParkingAdapterFactory(
            (IQueueAdapterFactory)create(container, key),
            container.GetRequiredService<ParkedEvents>(),
            container.GetRequiredService<ILogger<ParkingAdapterFactory>>()));
    }
}
