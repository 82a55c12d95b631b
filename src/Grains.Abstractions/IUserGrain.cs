using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// One user or guest, by id: the only writer of its session. A receipt is returned after one storage write that holds
/// session, sequence, recent event ids and outbox; nothing of a batch is visible before. Pages interleave with writes
/// and read an immutable snapshot. Refusals are <see cref="RefusalException"/>.
/// </summary>
[Alias("recs.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// Records a batch of this user's events, all or nothing, under whatever id it forwards to. The receipt names the
    /// user by the key of this grain.
    /// </summary>
    [Alias("observe")]
    [return: Immutable]
    Task<Receipt> ObserveAsync([Immutable] IReadOnlyList<Interaction> events);

    /// <summary>A page within the request's deadline, counted from its arrival here.</summary>
    [Alias("recommend"), AlwaysInterleave]
    [return: Immutable]
    Task<Page> RecommendAsync([Immutable] PageRequest request);

    /// <summary>Items like one, without what this user has seen or hidden.</summary>
    [Alias("similar"), AlwaysInterleave]
    [return: Immutable]
    Task<Page> SimilarAsync([Immutable] SimilarRequest request);

    /// <summary>What gains attention, without what this user has seen or hidden.</summary>
    [Alias("trending"), AlwaysInterleave]
    [return: Immutable]
    Task<Page> TrendingAsync([Immutable] TrendingRequest request);

    /// <summary>What is held; null for a user never seen.</summary>
    [Alias("profile"), AlwaysInterleave]
    [return: Immutable]
    Task<UserProfile?> ProfileAsync();

    /// <summary>Makes this guest's history part of the target's; idempotent. Afterwards this id forwards.</summary>
    [Alias("merge"), ResponseTimeout("00:00:30")]
    Task<MergeReceipt> MergeIntoAsync(string targetId);

    /// <summary>
    /// Takes a guest in, on the way of <see cref="MergeIntoAsync"/>. Idempotent. Answers at once: it never waits for this
    /// user's own merge, so that two merges against each other cannot wait in a circle.
    /// </summary>
    [Alias("accept-guest"), AlwaysInterleave]
    Task<GuestAnswer> AcceptGuestAsync(string guestId, [Immutable] byte[] guestSession);

    /// <summary>The id that stands for this one: its own, or the one that it forwards to in the end.</summary>
    [Alias("resolve"), AlwaysInterleave]
    Task<string> ResolveAsync();

    /// <summary>This user, everybody merged into it, and what it forwards to: those who are forgotten together.</summary>
    [Alias("family"), AlwaysInterleave]
    Task<UserFamily> FamilyAsync();

    /// <summary>
    /// Removes what is held here, outbox included, durably. Refuses events until <see cref="EndForgetAsync"/> or, after a
    /// crash, until the removal that is noted with the control grain was finished. Returns the family as it was; of a user
    /// removed before, an empty one.
    /// </summary>
    [Alias("forget")]
    [return: Immutable]
    Task<UserFamily> BeginForgetAsync();

    /// <summary>The logs are clear: the id may begin anew.</summary>
    [Alias("forgotten")]
    Task EndForgetAsync();

    /// <summary>Activates the user and sends on what its outbox still holds; completes when the log has it.</summary>
    [Alias("drain")]
    Task DrainAsync();
}

/// <summary>How a target answers a guest.</summary>
[GenerateSerializer, Immutable, Alias("recs.guest-answer")]
public sealed record GuestAnswer
{
    [Id(0)]
    public required GuestOutcome Outcome { get; init; }

    /// <summary>The target's sequence afterwards.</summary>
    [Id(1)]
    public long Sequence { get; init; }

    /// <summary>Where to go instead, when the target forwards itself.</summary>
    [Id(2)]
    public string? ForwardTo { get; init; }
}

/// <summary>The numbers travel between versions and are never reused.</summary>
[Alias("recs.guest-outcome")]
public enum GuestOutcome
{
    Accepted = 0,
    Forwarded = 1,

    /// <summary>The target is in a write, perhaps that of this very guest: ask again.</summary>
    Busy = 2,
    TooManyGuests = 3,

    /// <summary>The target is a guest on its way to another user, perhaps to this one.</summary>
    Moving = 4,
}

/// <summary>Those who are forgotten together.</summary>
[GenerateSerializer, Immutable, Alias("recs.user-family")]
public sealed record UserFamily
{
    /// <summary>The id that this one forwards to directly; null when it stands for itself.</summary>
    [Id(0)]
    public string? ForwardTo { get; init; }

    [Id(1)]
    public required string[] MergedGuests { get; init; }
}
