namespace Recs.Engine.Policies;

/// <summary>What a rule does to the items it names. A rule can never put an item on a page that is not eligible for it.</summary>
public enum RuleAction
{
    /// <summary>Gives the item a fixed place.</summary>
    Pin,

    /// <summary>Multiplies the odds of the item's score by a factor.</summary>
    Boost,

    /// <summary>Puts the item behind everything else.</summary>
    Bury,
}

/// <summary>One merchandising rule. Immutable.</summary>
public sealed record Rule
{
    /// <summary>Shown in explanations; unique within a set. 1 to 128 characters.</summary>
    public required string Name { get; init; }

    public required RuleAction Action { get; init; }

    /// <summary>The one item it names. Exactly one of this and <see cref="Filter"/> is given; a pin needs this.</summary>
    public string? Item { get; init; }

    /// <summary>Or every item that passes.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>Place of a pin, 1 to <see cref="Limits.MaxPageSize"/>; 1 is the first.</summary>
    public int Position { get; init; } = 1;

    /// <summary>Factor of a boost, 0.01 to 100; below 1 it demotes.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Surfaces it holds on; all when empty.</summary>
    public IReadOnlyList<string> Surfaces { get; init; } = [];

    /// <summary>Holds from this time on, when given.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Holds before this time, when given.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool HoldsOn(string surface, DateTimeOffset now) =>
        (Surfaces.Count == 0 || Surfaces.Contains(surface, StringComparer.Ordinal))
        && (From is not { } from || now >= from) && (Until is not { } until || now < until);

    public bool Names(Item item) => Item is not null ? Item == item.Id : Filter is not null && Filter.Matches(item);
}
