using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Recs.Grains.Placement;

/// <summary>Places a grain on the silo that its key names, and nowhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnSiloPlacementAttribute() : PlacementAttribute(OnSiloPlacement.Instance);

/// <summary>See <see cref="OnSiloPlacementDirector"/>.</summary>
[Serializable, GenerateSerializer, Immutable, Alias("recs.on-silo-placement")]
public sealed class OnSiloPlacement : PlacementStrategy
{
    internal static readonly OnSiloPlacement Instance = new();
}

internal sealed class OnSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        foreach (var silo in context.GetCompatibleSilos(target))
        {
            if (silo.ToParsableString() == key)
                return Task.FromResult(silo);
        }

        throw new OrleansException($"Silo {key} is not in the cluster.");
    }
}
