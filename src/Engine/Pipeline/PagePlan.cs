using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Pipeline;

internal enum PageKind
{
    /// <summary>For one user, ranked by the model.</summary>
    Personal,

    /// <summary>Like one item, ordered by the sources.</summary>
    Similar,

    /// <summary>What gains attention, ordered by the source.</summary>
    Trending,
}

/// <summary>A checked request with the snapshot that its page is made from. Immutable.</summary>
internal sealed class PagePlan
{
    public required PageKind Kind { get; init; }

    /// <summary>The id asked for; the session may be that of the user it forwards to.</summary>
    public required string? UserId { get; init; }

    public required UserSession Session { get; init; }

    /// <summary>The session did not come in time; <see cref="Session"/> is empty.</summary>
    public bool SessionLate { get; init; }

    public int SeedItem { get; init; } = -1;

    /// <summary>The one space that a similar page is made from; null for all sources.</summary>
    public string? Space { get; init; }

    public required int Count { get; init; }

    public required string Surface { get; init; }

    public required ItemFilter? Filter { get; init; }

    public required IReadOnlyList<string> Exclude { get; init; }

    public bool IncludeSeen { get; init; }

    public required bool Explain { get; init; }

    public IReadOnlyList<string> WhyNot { get; init; } = [];

    /// <summary>The page that is made again; null for a new one.</summary>
    public Guid? RequestId { get; init; }

    /// <summary>Nobody's page, which counts nowhere.</summary>
    public bool IsWarmUp { get; init; }

    /// <summary>What such a page was ranked for; null: clicks alone.</summary>
    public ObjectiveWeights? Objective { get; init; }

    /// <summary>Timestamp at which the request came in.</summary>
    public required long Started { get; init; }

    public required TimeSpan Deadline { get; init; }
}

/// <param name="Page">The page.</param>
/// <param name="Impression">What the impression log keeps of it.</param>
internal sealed record MadePage(Page Page, ImpressionRecord Impression);
