namespace Recs.Engine.Pipeline;

/// <summary>Asks for a page for one user.</summary>
public sealed record PageRequest
{
    /// <summary>A user or guest id, known or not.</summary>
    public required string UserId { get; init; }

    /// <summary>1 to <see cref="Limits.MaxPageSize"/>.</summary>
    public int Count { get; init; } = Limits.DefaultPageSize;

    /// <summary>Where the page is shown; rules and weights may differ by surface. Letters, digits, '-', '_' and '.'.</summary>
    public string Surface { get; init; } = "home";

    /// <summary>Only items that pass; <see langword="null"/> for all.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>Item ids that must not be on the page. Unknown ids are allowed.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>The page must be made from a state at or past this sequence, from a <see cref="Receipt"/>.</summary>
    public long? After { get; init; }

    /// <summary>Adds features, contributions and rules to every item, and the page's trace.</summary>
    public bool Explain { get; init; }

    /// <summary>Up to 100 item ids to explain the absence of; implies <see cref="Explain"/>.</summary>
    public IReadOnlyList<string> WhyNot { get; init; } = [];

    /// <summary>Also offer items that the user has already met.</summary>
    public bool IncludeSeen { get; init; }

    /// <summary>1 ms to 10 s; the host's default (100 ms) when absent.</summary>
    public TimeSpan? Deadline { get; init; }
}

/// <summary>Asks for items like one item.</summary>
public sealed record SimilarRequest
{
    public required string ItemId { get; init; }

    /// <summary>
    /// Only by the vectors of this named space: its nearest items and no others. <see langword="null"/> for what all sources
    /// find. The item must have a vector there.
    /// </summary>
    public string? Space { get; init; }

    public int Count { get; init; } = Limits.DefaultPageSize;

    public ItemFilter? Filter { get; init; }

    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Leaves out what this user has seen or hidden; <see langword="null"/> for nobody in particular.</summary>
    public string? UserId { get; init; }

    public bool Explain { get; init; }

    public TimeSpan? Deadline { get; init; }
}

/// <summary>Asks for what gains attention now.</summary>
public sealed record TrendingRequest
{
    public int Count { get; init; } = Limits.DefaultPageSize;

    public ItemFilter? Filter { get; init; }

    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Leaves out what this user has seen or hidden; <see langword="null"/> for nobody in particular.</summary>
    public string? UserId { get; init; }

    public bool Explain { get; init; }

    public TimeSpan? Deadline { get; init; }
}
