namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="Receipt"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.receipt")]
internal struct ReceiptSurrogate
{
    [Id(0)]
    public int Accepted;

    [Id(1)]
    public int Duplicates;

    [Id(2)]
    public string[]? Users;

    /// <summary>As many as <see cref="Users"/>.</summary>
    [Id(3)]
    public long[]? Sequences;
}

[RegisterConverter]
internal sealed class ReceiptConverter : IConverter<Receipt, ReceiptSurrogate>
{
    public Receipt ConvertFromSurrogate(in ReceiptSurrogate surrogate) =>
        new(surrogate.Accepted, surrogate.Duplicates, Columns.ToMap(surrogate.Users, surrogate.Sequences));

    public ReceiptSurrogate ConvertToSurrogate(in Receipt value)
    {
        var (users, sequences) = Columns.Of(value.Sequences);
        return new() { Accepted = value.Accepted, Duplicates = value.Duplicates, Users = users, Sequences = sequences };
    }
}

/// <summary>A <see cref="MergeReceipt"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.merge-receipt")]
internal struct MergeReceiptSurrogate
{
    [Id(0)]
    public string GuestId;

    [Id(1)]
    public string TargetId;

    [Id(2)]
    public long Sequence;

    [Id(3)]
    public long MergedEvents;

    [Id(4)]
    public bool AlreadyMerged;
}

[RegisterConverter]
internal sealed class MergeReceiptConverter : IConverter<MergeReceipt, MergeReceiptSurrogate>
{
    public MergeReceipt ConvertFromSurrogate(in MergeReceiptSurrogate surrogate) =>
        new(surrogate.GuestId, surrogate.TargetId, surrogate.Sequence, surrogate.MergedEvents, surrogate.AlreadyMerged);

    public MergeReceiptSurrogate ConvertToSurrogate(in MergeReceipt value) => new()
    {
        GuestId = value.GuestId,
        TargetId = value.TargetId,
        Sequence = value.Sequence,
        MergedEvents = value.MergedEvents,
        AlreadyMerged = value.AlreadyMerged,
    };
}

/// <summary>A <see cref="ForgetReceipt"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.forget-receipt")]
internal struct ForgetReceiptSurrogate
{
    [Id(0)]
    public string UserId;

    [Id(1)]
    public string[]? Ids;

    [Id(2)]
    public long EventsRemoved;

    [Id(3)]
    public long ImpressionsRemoved;

    [Id(4)]
    public int FilesRewritten;

    [Id(5)]
    public long BytesSearched;

    [Id(6)]
    public long Remaining;
}

[RegisterConverter]
internal sealed class ForgetReceiptConverter : IConverter<ForgetReceipt, ForgetReceiptSurrogate>
{
    public ForgetReceipt ConvertFromSurrogate(in ForgetReceiptSurrogate surrogate) => new(
        surrogate.UserId,
        Columns.Of(surrogate.Ids),
        surrogate.EventsRemoved,
        surrogate.ImpressionsRemoved,
        surrogate.FilesRewritten,
        surrogate.BytesSearched,
        surrogate.Remaining);

    public ForgetReceiptSurrogate ConvertToSurrogate(in ForgetReceipt value) => new()
    {
        UserId = value.UserId,
        Ids = Columns.Of(value.Ids),
        EventsRemoved = value.EventsRemoved,
        ImpressionsRemoved = value.ImpressionsRemoved,
        FilesRewritten = value.FilesRewritten,
        BytesSearched = value.BytesSearched,
        Remaining = value.Remaining,
    };
}

/// <summary>A <see cref="CatalogReceipt"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.catalog-receipt")]
internal struct CatalogReceiptSurrogate
{
    [Id(0)]
    public int Added;

    [Id(1)]
    public int Replaced;

    [Id(2)]
    public int Unchanged;

    [Id(3)]
    public long CatalogVersion;
}

[RegisterConverter]
internal sealed class CatalogReceiptConverter : IConverter<CatalogReceipt, CatalogReceiptSurrogate>
{
    public CatalogReceipt ConvertFromSurrogate(in CatalogReceiptSurrogate surrogate) =>
        new(surrogate.Added, surrogate.Replaced, surrogate.Unchanged, surrogate.CatalogVersion);

    public CatalogReceiptSurrogate ConvertToSurrogate(in CatalogReceipt value) => new()
    {
        Added = value.Added,
        Replaced = value.Replaced,
        Unchanged = value.Unchanged,
        CatalogVersion = value.CatalogVersion,
    };
}
