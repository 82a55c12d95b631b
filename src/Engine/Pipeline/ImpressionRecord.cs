using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Pipeline;

/// <summary>What a page showed and from what state, as the impression log keeps it.</summary>
public sealed record ImpressionRecord
{
    public required string RequestId { get; init; }

    /// <summary>The user after forwarding; null on pages for nobody in particular.</summary>
    public required string? UserId { get; init; }

    public required long Sequence { get; init; }

    /// <summary>When the page was made, milliseconds since 1970.</summary>
    public required long AtMs { get; init; }

    public required string? ModelVersion { get; init; }

    public required long CatalogVersion { get; init; }

    public required string Surface { get; init; }

    /// <summary>Distinct candidates that were scored.</summary>
    public required int Candidates { get; init; }

    public required IReadOnlyList<string> Degraded { get; init; }

    public required IReadOnlyList<ShownItem> Shown { get; init; }

    /// <summary>What was asked for, so that the page can be made again; null in records of before it was kept.</summary>
    public AskedPage? Asked { get; init; }
}

/// <param name="Kind">personal, similar or trending.</param>
/// <param name="Count">Places asked for.</param>
/// <param name="SeedItemId">The item that a similar page is like.</param>
/// <param name="Filter">The filter's text.</param>
/// <param name="Exclude">Item ids kept off the page.</param>
/// <param name="IncludeSeen">Seen items were allowed.</param>
/// <param name="EventOrdinal">The page saw the event log's records before this one; -1 where there is no such log.</param>
/// <param name="Objective">What the page was ranked for; null: clicks alone.</param>
/// <param name="Space">The one named space that a similar page was made from; null: all sources.</param>
public sealed record AskedPage(
    string Kind, int Count, string? SeedItemId, string? Filter, IReadOnlyList<string> Exclude, bool IncludeSeen, long EventOrdinal,
    ObjectiveWeights? Objective = null, string? Space = null);

/// <param name="ItemId">The item.</param>
/// <param name="Score">The score that ordered the page.</param>
/// <param name="Features">The exact feature row it was scored on; empty where it was not sampled.</param>
public sealed record ShownItem(string ItemId, double Score, ReadOnlyMemory<float> Features);
