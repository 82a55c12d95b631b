using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Recs.Grains.Placement;

/// <summary>Places grains by <see cref="SpreadPlacementDirector"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SpreadPlacementAttribute() : PlacementAttribute(SpreadPlacement.Instance);

/// <summary>See <see cref="SpreadPlacementDirector"/>.</summary>
[Serializable, GenerateSerializer, Immutable, Alias("recs.spread-placement")]
public sealed class SpreadPlacement : PlacementStrategy
{
    internal static readonly SpreadPlacement Instance = new();
}

/// <summary>
/// Spreads numbered grains evenly: with the silos in order of address, number n goes to silo n modulo their count.
/// Shard s of replica r has number s + r, so that the replicas of a shard are on different silos while there are as
/// many. Every silo comes to the same answer from the same membership. A silo on its way out is no place any more, though
/// Orleans would still accept it: a shard would go back and forth between it and its successor.
/// </summary>
internal sealed class SpreadPlacementDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var members = membership.CurrentSnapshot;
        var staying = Array.FindAll(compatible, silo => members.GetSiloStatus(silo) == SiloStatus.Active);
        var silos = staying.Length > 0 ? staying : compatible;
        return Task.FromResult(Ideal(NumberOf(target.GrainIdentity), silos));
    }

    /// <summary>The silo where a number belongs. There is at least one silo.</summary>
    public static SiloAddress Ideal(int number, IReadOnlyCollection<SiloAddress> silos)
    {
        var ordered = silos.Order(Comparer<SiloAddress>.Create((a, b) => a.CompareTo(b))).ToArray();
        return ordered[(int)((uint)number % (uint)ordered.Length)];
    }

    private static int NumberOf(GrainId grain) =>
        grain.TryGetIntegerKey(out var number, out _) ? (int)number : ShardKey.Parse(grain.Key.ToString()!).SpreadNumber;
}
