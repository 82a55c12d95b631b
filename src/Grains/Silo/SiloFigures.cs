namespace Recs.Grains.Silo;

/// <summary>One silo's share of the cluster's figures. What the log's partitions know is added by the control grain.</summary>
internal sealed class SiloFigures(SiloEngine engine, OutboxDrain drain, CatalogReplica catalog)
{
    /// <param name="patience">How long outboxes may take to be sent first, so that the log's figures include them.</param>
    public async Task<RecommenderStatus> ReadAsync(TimeSpan patience)
    {
        await drain.FlushAsync(patience);
        var model = engine.Models.Current;
        return new RecommenderStatus
        {
            Ready = engine.Ready.IsCompletedSuccessfully,
            Starting = engine.Starting,
            StartedAt = engine.StartedAt,
            ModelVersion = model?.Version,
            PagesPerSecond = engine.Metrics.PagesPerSecond,
            EventsPerSecond = engine.Metrics.EventsPerSecond,
            DegradedShare = engine.Metrics.DegradedShare,
            Stages = engine.Metrics.Summaries(),
            ClickThroughRate = engine.Metrics.ClickThroughRate,
            ModelFreshness = model is null ? null : engine.Time.GetUtcNow() - model.Manifest.DataTo,
            CatalogItems = engine.Catalog.ItemCount,
            AvailableItems = engine.Catalog.AvailableCount,
            CatalogVersion = catalog.Version,
            Users = 0,
            ActiveSessions = engine.ActiveUsers,
            TotalEvents = 0,
            EventLogBytes = 0,
            DataFolderBytes = 0,
            ManagedMemoryBytes = GC.GetTotalMemory(forceFullCollection: false),
            Shadow = engine.Shadow.Figures,
            Spaces = SpaceFigures.Of(engine.Catalog),
            WorkingSetBytes = Environment.WorkingSet,
        };
    }
}
