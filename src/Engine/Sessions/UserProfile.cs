namespace Recs.Engine.Sessions;

/// <summary>What is held about a user, for people: ids and names, no process-local numbers.</summary>
public sealed record UserProfile
{
    public required string UserId { get; init; }

    public required long Sequence { get; init; }

    public required DateTimeOffset FirstSeen { get; init; }

    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Accepted events by type.</summary>
    public required IReadOnlyDictionary<InteractionType, long> Counts { get; init; }

    /// <summary>Newest first.</summary>
    public required IReadOnlyList<RecentInteraction> Recent { get; init; }

    /// <summary>Decayed interest, strongest first, summing to 1 over the whole profile.</summary>
    public required IReadOnlyList<TermAffinity> Categories { get; init; }

    public required IReadOnlyList<TermAffinity> Tags { get; init; }

    public required IReadOnlyList<string> Hidden { get; init; }

    /// <summary>Items that pages leave out because the user has met them.</summary>
    public required int SeenItems { get; init; }

    /// <summary>Items that the folded-in vector is solved from.</summary>
    public required int RetainedHistory { get; init; }

    /// <summary>Guests merged into this user.</summary>
    public required IReadOnlyList<string> MergedGuests { get; init; }
}

public sealed record RecentInteraction(string ItemId, InteractionType Type, DateTimeOffset At);

public sealed record TermAffinity(string Name, double Share);
