namespace Recs.Grains.Surrogates;

/// <summary>An <see cref="ItemExplanation"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.item-explanation")]
internal struct ItemExplanationSurrogate
{
    [Id(0)]
    public string[]? Sources;

    /// <summary>As many as <see cref="Sources"/>.</summary>
    [Id(1)]
    public double[]? SourceScores;

    [Id(2)]
    public double RankScore;

    [Id(3)]
    public int RankedAt;

    [Id(4)]
    public FeatureContribution[]? Features;

    [Id(5)]
    public string[]? Rules;

    [Id(6)]
    public ObjectiveExplanation? Objective;
}

[RegisterConverter]
internal sealed class ItemExplanationConverter : IConverter<ItemExplanation, ItemExplanationSurrogate>
{
    public ItemExplanation ConvertFromSurrogate(in ItemExplanationSurrogate surrogate) => new()
    {
        SourceScores = Columns.ToMap(surrogate.Sources, surrogate.SourceScores),
        RankScore = surrogate.RankScore,
        RankedAt = surrogate.RankedAt,
        Objective = surrogate.Objective,
        Features = Columns.Of(surrogate.Features),
        Rules = Columns.Of(surrogate.Rules),
    };

    public ItemExplanationSurrogate ConvertToSurrogate(in ItemExplanation value)
    {
        var (sources, scores) = Columns.Of(value.SourceScores);
        return new()
        {
            Sources = sources,
            SourceScores = scores,
            RankScore = value.RankScore,
            RankedAt = value.RankedAt,
            Objective = value.Objective,
            Features = Columns.Of(value.Features),
            Rules = Columns.Of(value.Rules),
        };
    }
}

/// <summary>An <see cref="ObjectiveExplanation"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.objective-explanation")]
internal struct ObjectiveExplanationSurrogate
{
    [Id(0)]
    public double PClick;

    [Id(1)]
    public double PBuy;

    [Id(2)]
    public double Price;

    [Id(3)]
    public double Click;

    [Id(4)]
    public double Purchase;

    [Id(5)]
    public double Value;
}

[RegisterConverter]
internal sealed class ObjectiveExplanationConverter : IConverter<ObjectiveExplanation, ObjectiveExplanationSurrogate>
{
    public ObjectiveExplanation ConvertFromSurrogate(in ObjectiveExplanationSurrogate surrogate) =>
        new(surrogate.PClick, surrogate.PBuy, surrogate.Price, surrogate.Click, surrogate.Purchase, surrogate.Value);

    public ObjectiveExplanationSurrogate ConvertToSurrogate(in ObjectiveExplanation value) => new()
    {
        PClick = value.PClick,
        PBuy = value.PBuy,
        Price = value.Price,
        Click = value.Click,
        Purchase = value.Purchase,
        Value = value.Value,
    };
}

/// <summary>A <see cref="FeatureContribution"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.feature-contribution")]
internal struct FeatureContributionSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public double Value;

    [Id(2)]
    public double Contribution;
}

[RegisterConverter]
internal sealed class FeatureContributionConverter : IConverter<FeatureContribution, FeatureContributionSurrogate>
{
    public FeatureContribution ConvertFromSurrogate(in FeatureContributionSurrogate surrogate) =>
        new(surrogate.Name, surrogate.Value, surrogate.Contribution);

    public FeatureContributionSurrogate ConvertToSurrogate(in FeatureContribution value) =>
        new() { Name = value.Name, Value = value.Value, Contribution = value.Contribution };
}

/// <summary>A <see cref="PageExplanation"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.page-explanation")]
internal struct PageExplanationSurrogate
{
    [Id(0)]
    public SourceTrace[]? Sources;

    [Id(1)]
    public int Candidates;

    [Id(2)]
    public int Eligible;

    [Id(3)]
    public WhyNot[]? WhyNot;
}

[RegisterConverter]
internal sealed class PageExplanationConverter : IConverter<PageExplanation, PageExplanationSurrogate>
{
    public PageExplanation ConvertFromSurrogate(in PageExplanationSurrogate surrogate) => new()
    {
        Sources = Columns.Of(surrogate.Sources),
        Candidates = surrogate.Candidates,
        Eligible = surrogate.Eligible,
        WhyNot = Columns.Of(surrogate.WhyNot),
    };

    public PageExplanationSurrogate ConvertToSurrogate(in PageExplanation value) => new()
    {
        Sources = Columns.Of(value.Sources),
        Candidates = value.Candidates,
        Eligible = value.Eligible,
        WhyNot = Columns.Of(value.WhyNot),
    };
}

/// <summary>A <see cref="SourceTrace"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.source-trace")]
internal struct SourceTraceSurrogate
{
    [Id(0)]
    public string Source;

    [Id(1)]
    public int Candidates;

    [Id(2)]
    public double Ms;

    [Id(3)]
    public bool Late;
}

[RegisterConverter]
internal sealed class SourceTraceConverter : IConverter<SourceTrace, SourceTraceSurrogate>
{
    public SourceTrace ConvertFromSurrogate(in SourceTraceSurrogate surrogate) =>
        new(surrogate.Source, surrogate.Candidates, surrogate.Ms, surrogate.Late);

    public SourceTraceSurrogate ConvertToSurrogate(in SourceTrace value) =>
        new() { Source = value.Source, Candidates = value.Candidates, Ms = value.Ms, Late = value.Late };
}

/// <summary>A <see cref="WhyNot"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.why-not")]
internal struct WhyNotSurrogate
{
    [Id(0)]
    public string ItemId;

    [Id(1)]
    public string Stage;

    [Id(2)]
    public string Detail;
}

[RegisterConverter]
internal sealed class WhyNotConverter : IConverter<WhyNot, WhyNotSurrogate>
{
    public WhyNot ConvertFromSurrogate(in WhyNotSurrogate surrogate) => new(surrogate.ItemId, surrogate.Stage, surrogate.Detail);

    public WhyNotSurrogate ConvertToSurrogate(in WhyNot value) =>
        new() { ItemId = value.ItemId, Stage = value.Stage, Detail = value.Detail };
}
