namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="UserProfile"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.user-profile")]
internal struct UserProfileSurrogate
{
    [Id(0)]
    public string UserId;

    [Id(1)]
    public long Sequence;

    [Id(2)]
    public DateTimeOffset FirstSeen;

    [Id(3)]
    public DateTimeOffset LastSeen;

    /// <summary>Numbers of <see cref="InteractionType"/>.</summary>
    [Id(4)]
    public byte[]? CountedTypes;

    /// <summary>As many as <see cref="CountedTypes"/>.</summary>
    [Id(5)]
    public long[]? Counts;

    [Id(6)]
    public RecentInteraction[]? Recent;

    [Id(7)]
    public TermAffinity[]? Categories;

    [Id(8)]
    public TermAffinity[]? Tags;

    [Id(9)]
    public string[]? Hidden;

    [Id(10)]
    public int SeenItems;

    [Id(11)]
    public int RetainedHistory;

    [Id(12)]
    public string[]? MergedGuests;
}

[RegisterConverter]
internal sealed class UserProfileConverter : IConverter<UserProfile, UserProfileSurrogate>
{
    public UserProfile ConvertFromSurrogate(in UserProfileSurrogate surrogate) => new()
    {
        UserId = surrogate.UserId,
        Sequence = surrogate.Sequence,
        FirstSeen = surrogate.FirstSeen,
        LastSeen = surrogate.LastSeen,
        Counts = ToCounts(surrogate.CountedTypes ?? [], surrogate.Counts ?? []),
        Recent = Columns.Of(surrogate.Recent),
        Categories = Columns.Of(surrogate.Categories),
        Tags = Columns.Of(surrogate.Tags),
        Hidden = Columns.Of(surrogate.Hidden),
        SeenItems = surrogate.SeenItems,
        RetainedHistory = surrogate.RetainedHistory,
        MergedGuests = Columns.Of(surrogate.MergedGuests),
    };

    public UserProfileSurrogate ConvertToSurrogate(in UserProfile value)
    {
        var (types, counts) = Columns.Of(value.Counts);
        return new()
        {
            UserId = value.UserId,
            Sequence = value.Sequence,
            FirstSeen = value.FirstSeen,
            LastSeen = value.LastSeen,
            CountedTypes = Array.ConvertAll(types, type => (byte)type),
            Counts = counts,
            Recent = Columns.Of(value.Recent),
            Categories = Columns.Of(value.Categories),
            Tags = Columns.Of(value.Tags),
            Hidden = Columns.Of(value.Hidden),
            SeenItems = value.SeenItems,
            RetainedHistory = value.RetainedHistory,
            MergedGuests = Columns.Of(value.MergedGuests),
        };
    }

    private static Dictionary<InteractionType, long> ToCounts(byte[] types, long[] counts)
    {
        Columns.CheckPairs(types.Length, counts.Length);
        var map = new Dictionary<InteractionType, long>(types.Length);
        for (var i = 0; i < types.Length; i++)
            map[(InteractionType)types[i]] = counts[i];
        return map;
    }
}

/// <summary>A <see cref="RecentInteraction"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.recent-interaction")]
internal struct RecentInteractionSurrogate
{
    [Id(0)]
    public string ItemId;

    [Id(1)]
    public byte Type;

    [Id(2)]
    public DateTimeOffset At;
}

[RegisterConverter]
internal sealed class RecentInteractionConverter : IConverter<RecentInteraction, RecentInteractionSurrogate>
{
    public RecentInteraction ConvertFromSurrogate(in RecentInteractionSurrogate surrogate) =>
        new(surrogate.ItemId, (InteractionType)surrogate.Type, surrogate.At);

    public RecentInteractionSurrogate ConvertToSurrogate(in RecentInteraction value) =>
        new() { ItemId = value.ItemId, Type = (byte)value.Type, At = value.At };
}

/// <summary>A <see cref="TermAffinity"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.term-affinity")]
internal struct TermAffinitySurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public double Share;
}

[RegisterConverter]
internal sealed class TermAffinityConverter : IConverter<TermAffinity, TermAffinitySurrogate>
{
    public TermAffinity ConvertFromSurrogate(in TermAffinitySurrogate surrogate) => new(surrogate.Name, surrogate.Share);

    public TermAffinitySurrogate ConvertToSurrogate(in TermAffinity value) => new() { Name = value.Name, Share = value.Share };
}
