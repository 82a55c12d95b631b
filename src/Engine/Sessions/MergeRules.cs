namespace Recs.Engine.Sessions;

/// <summary>What may be merged, and how a merge that may not be is refused; the same in every host.</summary>
public static class MergeRules
{
    /// <exception cref="RecommenderException">An id is illegal, or both are the same.</exception>
    public static void Check(string guestId, string targetId)
    {
        IdRules.Check("guestId", guestId);
        IdRules.Check("userId", targetId);
        if (guestId == targetId)
            throw RecommenderException.Invalid("guestId", guestId, "an id other than the target's");
    }

    /// <summary>True when the target may take the guest and the guest's own guests.</summary>
    public static bool HasRoom(UserSession target, UserSession guest, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(guest);
        ArgumentNullException.ThrowIfNull(options);
        return target.MergedGuests.Length + guest.MergedGuests.Length + 1 <= options.MergedGuestsCap;
    }

    /// <summary>The refusal where there is no room.</summary>
    public static RecommenderException TooManyGuests(string guestId, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RecommenderException.Invalid("guestId", guestId, $"one of at most {options.MergedGuestsCap} guests of a user, their own guests included", kind: RefusalKind.Conflict);
    }

    /// <summary>The refusal of a guest that belongs to somebody else.</summary>
    public static RecommenderException MergedElsewhere(string guestId) => Conflict(guestId, $"Guest '{guestId}' was already merged into another user.");

    /// <summary>The refusal of a target that itself was merged into the guest.</summary>
    public static RecommenderException Circle(string guestId, string targetId) =>
        Conflict(guestId, $"'{targetId}' was merged into '{guestId}' before; a merge cannot go in a circle.");

    private static RecommenderException Conflict(string guestId, string why) => new(RefusalKind.Conflict, why) { Field = "guestId", Value = guestId };
}
