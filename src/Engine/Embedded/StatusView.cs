using Recs.Engine.Monitoring;

namespace Recs.Engine.Embedded;

/// <summary>The operators' figures of one host, running or still starting.</summary>
internal static class StatusView
{
    /// <summary>Walking a large folder is not free, so its size is kept this long.</summary>
    private static readonly TimeSpan FolderSizeAge = TimeSpan.FromSeconds(10);

    public static RecommenderStatus Of(
        EmbeddedCore? core, RecommenderMetrics metrics, string? starting, DateTimeOffset startedAt, TimeProvider time)
    {
        var model = core?.Models.Current;
        return new RecommenderStatus
        {
            Ready = core is not null,
            Starting = starting,
            StartedAt = startedAt,
            ModelVersion = model?.Version,
            PagesPerSecond = metrics.PagesPerSecond,
            EventsPerSecond = metrics.EventsPerSecond,
            DegradedShare = metrics.DegradedShare,
            Stages = metrics.Summaries(),
            ClickThroughRate = metrics.ClickThroughRate,
            ModelFreshness = model is null ? null : time.GetUtcNow() - model.Manifest.DataTo,
            CatalogItems = core?.Catalog.ItemCount ?? 0,
            AvailableItems = core?.Catalog.AvailableCount ?? 0,
            CatalogVersion = core?.Catalog.Version ?? 0,
            Users = core?.Table.Users ?? 0,
            ActiveSessions = core?.Table.Active ?? 0,
            TotalEvents = core?.TotalEvents ?? 0,
            EventLogBytes = core?.EventLog.Bytes ?? 0,
            DataFolderBytes = core?.FolderBytes.Get(time, FolderSizeAge) ?? 0,
            ManagedMemoryBytes = GC.GetTotalMemory(forceFullCollection: false),
            Shadow = core?.Shadow.Figures,
            Spaces = core is null ? null : SpaceFigures.Of(core.Catalog),
            WorkingSetBytes = Environment.WorkingSet,
        };
    }
}

/// <summary>The bytes of a folder, measured at most once per age. Thread-safe.</summary>
internal sealed class FolderSize(string root)
{
    private readonly Lock _lock = new();
    private long? _measuredAt;
    private long _bytes;

    public long Get(TimeProvider time, TimeSpan age)
    {
        lock (_lock)
        {
            if (_measuredAt is { } at && time.GetElapsedTime(at) < age)
                return _bytes;
            _bytes = Measure();
            _measuredAt = time.GetTimestamp();
            return _bytes;
        }
    }

    private long Measure()
    {
        var bytes = 0L;
        try
        {
            foreach (var file in new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories))
                bytes += file.Exists ? file.Length : 0;
        }
        catch (IOException)
        {
            // Something was rewritten or dropped while it was counted: what was counted so far will do until the next look.
        }

        return bytes;
    }
}
