namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="PageRequest"/> on its way; the filter is its canonical text. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.page-request")]
internal struct PageRequestSurrogate
{
    [Id(0)]
    public string UserId;

    [Id(1)]
    public int Count;

    [Id(2)]
    public string Surface;

    [Id(3)]
    public string? Filter;

    [Id(4)]
    public string[]? Exclude;

    [Id(5)]
    public long? After;

    [Id(6)]
    public bool Explain;

    [Id(7)]
    public string[]? WhyNot;

    [Id(8)]
    public bool IncludeSeen;

    [Id(9)]
    public TimeSpan? Deadline;
}

[RegisterConverter]
internal sealed class PageRequestConverter : IConverter<PageRequest, PageRequestSurrogate>
{
    public PageRequest ConvertFromSurrogate(in PageRequestSurrogate surrogate) => new()
    {
        UserId = surrogate.UserId,
        Count = surrogate.Count,
        Surface = surrogate.Surface,
        Filter = Columns.ToFilter(surrogate.Filter),
        Exclude = Columns.Of(surrogate.Exclude),
        After = surrogate.After,
        Explain = surrogate.Explain,
        WhyNot = Columns.Of(surrogate.WhyNot),
        IncludeSeen = surrogate.IncludeSeen,
        Deadline = surrogate.Deadline,
    };

    public PageRequestSurrogate ConvertToSurrogate(in PageRequest value) => new()
    {
        UserId = value.UserId,
        Count = value.Count,
        Surface = value.Surface,
        Filter = value.Filter?.ToString(),
        Exclude = Columns.Of(value.Exclude),
        After = value.After,
        Explain = value.Explain,
        WhyNot = Columns.Of(value.WhyNot),
        IncludeSeen = value.IncludeSeen,
        Deadline = value.Deadline,
    };
}

/// <summary>A <see cref="SimilarRequest"/> on its way; the filter is its canonical text. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.similar-request")]
internal struct SimilarRequestSurrogate
{
    [Id(0)]
    public string ItemId;

    [Id(1)]
    public int Count;

    [Id(2)]
    public string? Filter;

    [Id(3)]
    public string[]? Exclude;

    [Id(4)]
    public string? UserId;

    [Id(5)]
    public bool Explain;

    [Id(6)]
    public TimeSpan? Deadline;

    [Id(7)]
    public string? Space;
}

[RegisterConverter]
internal sealed class SimilarRequestConverter : IConverter<SimilarRequest, SimilarRequestSurrogate>
{
    public SimilarRequest ConvertFromSurrogate(in SimilarRequestSurrogate surrogate) => new()
    {
        ItemId = surrogate.ItemId,
        Space = surrogate.Space,
        Count = surrogate.Count,
        Filter = Columns.ToFilter(surrogate.Filter),
        Exclude = Columns.Of(surrogate.Exclude),
        UserId = surrogate.UserId,
        Explain = surrogate.Explain,
        Deadline = surrogate.Deadline,
    };

    public SimilarRequestSurrogate ConvertToSurrogate(in SimilarRequest value) => new()
    {
        ItemId = value.ItemId,
        Space = value.Space,
        Count = value.Count,
        Filter = value.Filter?.ToString(),
        Exclude = Columns.Of(value.Exclude),
        UserId = value.UserId,
        Explain = value.Explain,
        Deadline = value.Deadline,
    };
}

/// <summary>A <see cref="TrendingRequest"/> on its way; the filter is its canonical text. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.trending-request")]
internal struct TrendingRequestSurrogate
{
    [Id(0)]
    public int Count;

    [Id(1)]
    public string? Filter;

    [Id(2)]
    public string[]? Exclude;

    [Id(3)]
    public string? UserId;

    [Id(4)]
    public bool Explain;

    [Id(5)]
    public TimeSpan? Deadline;
}

[RegisterConverter]
internal sealed class TrendingRequestConverter : IConverter<TrendingRequest, TrendingRequestSurrogate>
{
    public TrendingRequest ConvertFromSurrogate(in TrendingRequestSurrogate surrogate) => new()
    {
        Count = surrogate.Count,
        Filter = Columns.ToFilter(surrogate.Filter),
        Exclude = Columns.Of(surrogate.Exclude),
        UserId = surrogate.UserId,
        Explain = surrogate.Explain,
        Deadline = surrogate.Deadline,
    };

    public TrendingRequestSurrogate ConvertToSurrogate(in TrendingRequest value) => new()
    {
        Count = value.Count,
        Filter = value.Filter?.ToString(),
        Exclude = Columns.Of(value.Exclude),
        UserId = value.UserId,
        Explain = value.Explain,
        Deadline = value.Deadline,
    };
}
