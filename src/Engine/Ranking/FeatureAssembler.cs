namespace Recs.Engine.Ranking;

/// <summary>
/// The one place where features are made: pages, impression records and training rows all come from here.
/// Thread-safe.
/// </summary>
public sealed class FeatureAssembler(ItemCatalog catalog, ItemCounters counters)
{
    public ItemCatalog Catalog { get; } = catalog;

    public ItemCounters Counters { get; } = counters;

    /// <summary>Fills one row per candidate; <paramref name="rows"/> is Count x <see cref="FeatureSchema.Width"/>.</summary>
    public void Assemble(RankingRequest request, Span<float> rows) => throw new NotImplementedException();
}
