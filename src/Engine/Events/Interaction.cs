namespace Recs.Engine.Events;

/// <summary>What a user did. The numbers are part of the log's format and are never reused.</summary>
public enum InteractionType : byte
{
    Impression = 0,
    View = 1,
    Click = 2,
    AddToCart = 3,
    Purchase = 4,
    Like = 5,
    Dislike = 6,
    Hide = 7,

    /// <summary>An explicit rating; <see cref="Interaction.Weight"/> carries it, 0 to 5.</summary>
    Rating = 8,
}

/// <summary>One event, as a producer sends it. Immutable.</summary>
public sealed record Interaction
{
    /// <summary>A user or guest id; the caller makes guest ids up.</summary>
    public required string UserId { get; init; }

    /// <summary>An id the catalogue knows.</summary>
    public required string ItemId { get; init; }

    public required InteractionType Type { get; init; }

    /// <summary>
    /// Makes a repeat harmless: the same id among the user's last <c>EventIdWindow</c> events is counted as a
    /// duplicate and changes nothing. Without one every event counts.
    /// </summary>
    public string? EventId { get; init; }

    /// <summary>When it happened; the time of arrival when absent. 1990 to ten minutes ahead of the server's clock.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>
    /// Strength of the signal, 0 to 100, 1 when absent. For <see cref="InteractionType.Rating"/> it is required and is
    /// the rating, 0 to 5.
    /// </summary>
    public double? Weight { get; init; }

    /// <summary>Revenue of a purchase, 0 or more.</summary>
    public double? Revenue { get; init; }

    /// <summary>The page that showed the item, from <see cref="Page.RequestId"/>; joins clicks to impressions.</summary>
    public string? RequestId { get; init; }
}
