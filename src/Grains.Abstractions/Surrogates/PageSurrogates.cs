namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="Page"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.page")]
internal struct PageSurrogate
{
    [Id(0)]
    public string RequestId;

    [Id(1)]
    public string? UserId;

    [Id(2)]
    public long Sequence;

    [Id(3)]
    public string? ModelVersion;

    [Id(4)]
    public PageItem[]? Items;

    [Id(5)]
    public string[]? Degraded;

    [Id(6)]
    public PageTimings Timings;

    [Id(7)]
    public PageExplanation? Explanation;
}

[RegisterConverter]
internal sealed class PageConverter : IConverter<Page, PageSurrogate>
{
    public Page ConvertFromSurrogate(in PageSurrogate surrogate) => new()
    {
        RequestId = surrogate.RequestId,
        UserId = surrogate.UserId,
        Sequence = surrogate.Sequence,
        ModelVersion = surrogate.ModelVersion,
        Items = Columns.Of(surrogate.Items),
        Degraded = Columns.Of(surrogate.Degraded),
        Timings = surrogate.Timings,
        Explanation = surrogate.Explanation,
    };

    public PageSurrogate ConvertToSurrogate(in Page value) => new()
    {
        RequestId = value.RequestId,
        UserId = value.UserId,
        Sequence = value.Sequence,
        ModelVersion = value.ModelVersion,
        Items = Columns.Of(value.Items),
        Degraded = Columns.Of(value.Degraded),
        Timings = value.Timings,
        Explanation = value.Explanation,
    };
}

/// <summary>A <see cref="PageItem"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.page-item")]
internal struct PageItemSurrogate
{
    [Id(0)]
    public string Id;

    [Id(1)]
    public string Title;

    [Id(2)]
    public double Score;

    [Id(3)]
    public string[]? Sources;

    [Id(4)]
    public string Reason;

    [Id(5)]
    public ItemExplanation? Explanation;
}

[RegisterConverter]
internal sealed class PageItemConverter : IConverter<PageItem, PageItemSurrogate>
{
    public PageItem ConvertFromSurrogate(in PageItemSurrogate surrogate) => new()
    {
        Id = surrogate.Id,
        Title = surrogate.Title,
        Score = surrogate.Score,
        Sources = Columns.Of(surrogate.Sources),
        Reason = surrogate.Reason,
        Explanation = surrogate.Explanation,
    };

    public PageItemSurrogate ConvertToSurrogate(in PageItem value) => new()
    {
        Id = value.Id,
        Title = value.Title,
        Score = value.Score,
        Sources = Columns.Of(value.Sources),
        Reason = value.Reason,
        Explanation = value.Explanation,
    };
}

/// <summary><see cref="PageTimings"/> on their way, in milliseconds. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.page-timings")]
internal struct PageTimingsSurrogate
{
    [Id(0)]
    public double SessionMs;

    [Id(1)]
    public double RetrieveMs;

    [Id(2)]
    public double MergeMs;

    [Id(3)]
    public double RankMs;

    [Id(4)]
    public double PolicyMs;

    [Id(5)]
    public double TotalMs;
}

[RegisterConverter]
internal sealed class PageTimingsConverter : IConverter<PageTimings, PageTimingsSurrogate>
{
    public PageTimings ConvertFromSurrogate(in PageTimingsSurrogate surrogate) => new(
        surrogate.SessionMs, surrogate.RetrieveMs, surrogate.MergeMs, surrogate.RankMs, surrogate.PolicyMs, surrogate.TotalMs);

    public PageTimingsSurrogate ConvertToSurrogate(in PageTimings value) => new()
    {
        SessionMs = value.SessionMs,
        RetrieveMs = value.RetrieveMs,
        MergeMs = value.MergeMs,
        RankMs = value.RankMs,
        PolicyMs = value.PolicyMs,
        TotalMs = value.TotalMs,
    };
}
