using Recs.Engine.Ranking.Shadow;

namespace Recs.Engine.Monitoring;

/// <summary>Figures for operators, over the last minute where they are rates or percentiles.</summary>
public sealed record RecommenderStatus
{
    /// <summary>True once events and pages are served.</summary>
    public required bool Ready { get; init; }

    /// <summary>What start-up is doing, when not ready: "replaying the event log: 45 %".</summary>
    public string? Starting { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required string? ModelVersion { get; init; }

    public required double PagesPerSecond { get; init; }

    public required double EventsPerSecond { get; init; }

    /// <summary>Share of pages with something left out.</summary>
    public required double DegradedShare { get; init; }

    /// <summary>Percentiles by stage: session, retrieve, merge, rank, policy, page, observe, and each source as "source:NAME".</summary>
    public required IReadOnlyDictionary<string, LatencySummary> Stages { get; init; }

    /// <summary>Clicks with a request id over items shown, last hour; null before anything was shown.</summary>
    public required double? ClickThroughRate { get; init; }

    /// <summary>Age of the newest event that the active model was trained on; null without a model.</summary>
    public required TimeSpan? ModelFreshness { get; init; }

    public required int CatalogItems { get; init; }

    public required int AvailableItems { get; init; }

    public required long CatalogVersion { get; init; }

    /// <summary>Users known, in memory or on disk.</summary>
    public required long Users { get; init; }

    /// <summary>Users whose sessions are in memory.</summary>
    public required long ActiveSessions { get; init; }

    public required long TotalEvents { get; init; }

    public required long EventLogBytes { get; init; }

    public required long DataFolderBytes { get; init; }

    public required long ManagedMemoryBytes { get; init; }

    public required long WorkingSetBytes { get; init; }

    /// <summary>What the model that looks on made of the pages; null when none does.</summary>
    public ShadowFigures? Shadow { get; init; }

    /// <summary>The named spaces that items have vectors in; null where there is none.</summary>
    public IReadOnlyList<SpaceFigures>? Spaces { get; init; }
}

/// <param name="Name">The space.</param>
/// <param name="Dimensions">Values of a vector.</param>
/// <param name="Metric">cosine, ip or l2.</param>
/// <param name="Vectors">Items that have one.</param>
/// <param name="MemoryBytes">Of vectors, codes and what was learned.</param>
/// <param name="Problem">Why the last merge of its index failed, to be tried again with the next write; null when it did not.</param>
public sealed record SpaceFigures(string Name, int Dimensions, string Metric, int Vectors, long MemoryBytes, string? Problem = null)
{
    /// <summary>Of a catalogue; null when it has no space.</summary>
    public static IReadOnlyList<SpaceFigures>? Of(ItemCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.Vectors.Spaces.Count == 0 ? null : [.. catalog.Vectors.Spaces.Select(space => new SpaceFigures(
            space.Space.Name, space.Space.Dimension, SpaceRules.NameOf(space.Space.Metric), space.Count, space.MemoryBytes, space.Index?.MergeFailure?.Message))];
    }
}

/// <param name="Count">Samples in the window.</param>
/// <param name="P50Ms">Median, milliseconds.</param>
/// <param name="P90Ms">90th percentile, milliseconds.</param>
/// <param name="P99Ms">99th percentile, milliseconds.</param>
public sealed record LatencySummary(long Count, double P50Ms, double P90Ms, double P99Ms);
