using System.ComponentModel.DataAnnotations;

namespace Recs.Engine.Sessions;

/// <summary>Caps and half-lives of a session.</summary>
public sealed record SessionOptions
{
    /// <summary>Number of interaction types.</summary>
    public const int TypeCount = 9;

    /// <summary>Items kept for the fold-in. Default 256, 1 to 4,096.</summary>
    [Range(1, 4096)]
    public int HistoryCap { get; init; } = 256;

    /// <summary>Events kept in order. Default 50, 1 to 1,000.</summary>
    [Range(1, 1000)]
    public int RecentCap { get; init; } = 50;

    /// <summary>Seen items kept. Default 2,000, 1 to 100,000. Beyond it the oldest may be offered again.</summary>
    [Range(1, 100_000)]
    public int SeenCap { get; init; } = 2_000;

    /// <summary>Hidden items kept. Default 1,000, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int HiddenCap { get; init; } = 1_000;

    /// <summary>Categories and tags kept, each. Default 32, 1 to 256; the weakest goes first.</summary>
    [Range(1, 256)]
    public int AffinityCap { get; init; } = 32;

    /// <summary>Event ids remembered for duplicates. Default 256, 1 to 65,536.</summary>
    [Range(1, 65_536)]
    public int EventIdWindow { get; init; } = 256;

    /// <summary>Guests that may be merged into one user. Default 64, 1 to 1,024.</summary>
    [Range(1, 1_024)]
    public int MergedGuestsCap { get; init; } = 64;

    /// <summary>After this long an interest counts half. Default 14 days.</summary>
    public TimeSpan AffinityHalfLife { get; init; } = TimeSpan.FromDays(14);
}
