using Recs.Engine.Ranking.Shadow;

namespace Recs.Grains.Surrogates;

/// <summary><see cref="ShadowFigures"/> on their way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.shadow-figures")]
internal struct ShadowFiguresSurrogate
{
    [Id(0)]
    public string Model;

    [Id(1)]
    public long Pages;

    [Id(2)]
    public long Dropped;

    [Id(3)]
    public double RankCorrelation;

    [Id(4)]
    public double TopOverlap;

    [Id(5)]
    public double MeanShift;

    [Id(6)]
    public string? Problem;
}

[RegisterConverter]
internal sealed class ShadowFiguresConverter : IConverter<ShadowFigures, ShadowFiguresSurrogate>
{
    public ShadowFigures ConvertFromSurrogate(in ShadowFiguresSurrogate surrogate) => new(
        surrogate.Model, surrogate.Pages, surrogate.Dropped, surrogate.RankCorrelation, surrogate.TopOverlap, surrogate.MeanShift, surrogate.Problem);

    public ShadowFiguresSurrogate ConvertToSurrogate(in ShadowFigures value) => new()
    {
        Model = value.Model,
        Pages = value.Pages,
        Dropped = value.Dropped,
        RankCorrelation = value.RankCorrelation,
        TopOverlap = value.TopOverlap,
        MeanShift = value.MeanShift,
        Problem = value.Problem,
    };
}
