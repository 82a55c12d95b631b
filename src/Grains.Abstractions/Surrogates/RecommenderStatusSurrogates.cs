using Recs.Engine.Ranking.Shadow;

namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="RecommenderStatus"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.status")]
internal struct RecommenderStatusSurrogate
{
    [Id(0)]
    public bool Ready;

    [Id(1)]
    public string? Starting;

    [Id(2)]
    public DateTimeOffset StartedAt;

    [Id(3)]
    public string? ModelVersion;

    [Id(4)]
    public double PagesPerSecond;

    [Id(5)]
    public double EventsPerSecond;

    [Id(6)]
    public double DegradedShare;

    [Id(7)]
    public string[]? StageNames;

    /// <summary>As many as <see cref="StageNames"/>.</summary>
    [Id(8)]
    public LatencySummary[]? Stages;

    [Id(9)]
    public double? ClickThroughRate;

    [Id(10)]
    public TimeSpan? ModelFreshness;

    [Id(11)]
    public int CatalogItems;

    [Id(12)]
    public int AvailableItems;

    [Id(13)]
    public long CatalogVersion;

    [Id(14)]
    public long Users;

    [Id(15)]
    public long ActiveSessions;

    [Id(16)]
    public long TotalEvents;

    [Id(17)]
    public long EventLogBytes;

    [Id(18)]
    public long DataFolderBytes;

    [Id(19)]
    public long ManagedMemoryBytes;

    [Id(20)]
    public long WorkingSetBytes;

    [Id(21)]
    public ShadowFigures? Shadow;

    [Id(22)]
    public SpaceFigures[]? Spaces;
}

[RegisterConverter]
internal sealed class RecommenderStatusConverter : IConverter<RecommenderStatus, RecommenderStatusSurrogate>
{
    public RecommenderStatus ConvertFromSurrogate(in RecommenderStatusSurrogate surrogate) => new()
    {
        Ready = surrogate.Ready,
        Starting = surrogate.Starting,
        StartedAt = surrogate.StartedAt,
        ModelVersion = surrogate.ModelVersion,
        PagesPerSecond = surrogate.PagesPerSecond,
        EventsPerSecond = surrogate.EventsPerSecond,
        DegradedShare = surrogate.DegradedShare,
        Stages = Columns.ToMap(surrogate.StageNames, surrogate.Stages),
        ClickThroughRate = surrogate.ClickThroughRate,
        ModelFreshness = surrogate.ModelFreshness,
        CatalogItems = surrogate.CatalogItems,
        AvailableItems = surrogate.AvailableItems,
        CatalogVersion = surrogate.CatalogVersion,
        Users = surrogate.Users,
        ActiveSessions = surrogate.ActiveSessions,
        TotalEvents = surrogate.TotalEvents,
        EventLogBytes = surrogate.EventLogBytes,
        DataFolderBytes = surrogate.DataFolderBytes,
        ManagedMemoryBytes = surrogate.ManagedMemoryBytes,
        WorkingSetBytes = surrogate.WorkingSetBytes,
        Shadow = surrogate.Shadow,
        Spaces = surrogate.Spaces,
    };

    public RecommenderStatusSurrogate ConvertToSurrogate(in RecommenderStatus value)
    {
        var (names, stages) = Columns.Of(value.Stages);
        return new()
        {
            Ready = value.Ready,
            Starting = value.Starting,
            StartedAt = value.StartedAt,
            ModelVersion = value.ModelVersion,
            PagesPerSecond = value.PagesPerSecond,
            EventsPerSecond = value.EventsPerSecond,
            DegradedShare = value.DegradedShare,
            StageNames = names,
            Stages = stages,
            ClickThroughRate = value.ClickThroughRate,
            ModelFreshness = value.ModelFreshness,
            CatalogItems = value.CatalogItems,
            AvailableItems = value.AvailableItems,
            CatalogVersion = value.CatalogVersion,
            Users = value.Users,
            ActiveSessions = value.ActiveSessions,
            TotalEvents = value.TotalEvents,
            EventLogBytes = value.EventLogBytes,
            DataFolderBytes = value.DataFolderBytes,
            ManagedMemoryBytes = value.ManagedMemoryBytes,
            WorkingSetBytes = value.WorkingSetBytes,
            Shadow = value.Shadow,
            Spaces = Columns.OrNull(value.Spaces),
        };
    }
}

/// <summary>A <see cref="LatencySummary"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.latency-summary")]
internal struct LatencySummarySurrogate
{
    [Id(0)]
    public long Count;

    [Id(1)]
    public double P50Ms;

    [Id(2)]
    public double P90Ms;

    [Id(3)]
    public double P99Ms;
}

[RegisterConverter]
internal sealed class LatencySummaryConverter : IConverter<LatencySummary, LatencySummarySurrogate>
{
    public LatencySummary ConvertFromSurrogate(in LatencySummarySurrogate surrogate) =>
        new(surrogate.Count, surrogate.P50Ms, surrogate.P90Ms, surrogate.P99Ms);

    public LatencySummarySurrogate ConvertToSurrogate(in LatencySummary value) =>
        new() { Count = value.Count, P50Ms = value.P50Ms, P90Ms = value.P90Ms, P99Ms = value.P99Ms };
}

/// <summary><see cref="SpaceFigures"/> on their way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.space-figures")]
internal struct SpaceFiguresSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public int Dimensions;

    [Id(2)]
    public string Metric;

    [Id(3)]
    public int Vectors;

    [Id(4)]
    public long MemoryBytes;

    [Id(5)]
    public string? Problem;
}

[RegisterConverter]
internal sealed class SpaceFiguresConverter : IConverter<SpaceFigures, SpaceFiguresSurrogate>
{
    public SpaceFigures ConvertFromSurrogate(in SpaceFiguresSurrogate surrogate) =>
        new(surrogate.Name, surrogate.Dimensions, surrogate.Metric, surrogate.Vectors, surrogate.MemoryBytes, surrogate.Problem);

    public SpaceFiguresSurrogate ConvertToSurrogate(in SpaceFigures value) => new()
    {
        Name = value.Name,
        Dimensions = value.Dimensions,
        Metric = value.Metric,
        Vectors = value.Vectors,
        MemoryBytes = value.MemoryBytes,
        Problem = value.Problem,
    };
}
