namespace Recs.Engine.Sessions;

/// <summary>
/// What one user's grain holds. Immutable: an event makes a new one (<see cref="SessionRules"/>), so a page reads a
/// snapshot without a lock. Item and term numbers are process-local; <see cref="SessionCodec"/> writes ids.
/// Every list has a cap in <see cref="SessionOptions"/>.
/// </summary>
public sealed class UserSession
{
    public required string UserId { get; init; }

    /// <summary>Accepted events so far; the first event is 1. 0 for a user never seen.</summary>
    public long Sequence { get; init; }

    /// <summary>Milliseconds since 1970, by event time; 0 before the first event.</summary>
    public long FirstSeenMs { get; init; }

    public long LastSeenMs { get; init; }

    /// <summary>Distinct items with positive feedback that the user's vector is solved from, oldest first.</summary>
    public HistoryEntry[] History { get; init; } = [];

    /// <summary>The last events in order, oldest first; impressions are not among them.</summary>
    public RecentEvent[] Recent { get; init; } = [];

    /// <summary>Items met (any type but impression), oldest first, distinct.</summary>
    public int[] Seen { get; init; } = [];

    /// <summary>Items hidden or disliked, oldest first, distinct.</summary>
    public int[] Hidden { get; init; } = [];

    /// <summary>Interest by category code, decayed to <see cref="LastSeenMs"/>, in no order.</summary>
    public Affinity[] Categories { get; init; } = [];

    /// <summary>Interest by tag code, decayed to <see cref="LastSeenMs"/>, in no order.</summary>
    public Affinity[] Tags { get; init; } = [];

    /// <summary>Accepted events by <see cref="InteractionType"/>.</summary>
    public long[] Counts { get; init; } = new long[SessionOptions.TypeCount];

    /// <summary>Sum of <c>log(1 + price)</c> and number over positive events on priced items: the user's price level.</summary>
    public double LogPriceSum { get; init; }

    public long PricedEvents { get; init; }

    /// <summary>Hashes of the newest event ids, a ring in order of arrival, oldest first.</summary>
    public ulong[] EventIds { get; init; } = [];

    /// <summary>Guest ids merged into this user.</summary>
    public string[] MergedGuests { get; init; } = [];

    /// <summary>For a guest that was merged: the id that stands for it. Such a session holds nothing else but its id.</summary>
    public string? ForwardTo { get; init; }

    /// <summary>The folded-in vector and the model it was solved under; replaced, never changed. See <see cref="FoldIn"/>.</summary>
    internal FoldedVector? Folded;

    public static UserSession Empty(string userId) => new() { UserId = userId };
}

/// <param name="Item">Item number.</param>
/// <param name="Strength">Implicit-feedback strength, above 0: the r in confidence a0 + alpha r (<see cref="FoldIn"/>).</param>
/// <param name="AtMs">Time of the newest event on it.</param>
public readonly record struct HistoryEntry(int Item, float Strength, long AtMs);

public readonly record struct RecentEvent(int Item, InteractionType Type, long AtMs);

public readonly record struct Affinity(int Term, float Weight);

/// <summary>A user vector in the space of one model.</summary>
public sealed record FoldedVector(string ModelVersion, float[] Values);
