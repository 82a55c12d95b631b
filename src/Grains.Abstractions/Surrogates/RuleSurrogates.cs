namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="RuleSet"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.rule-set")]
internal struct RuleSetSurrogate
{
    [Id(0)]
    public Rule[]? Rules;
}

[RegisterConverter]
internal sealed class RuleSetConverter : IConverter<RuleSet, RuleSetSurrogate>
{
    public RuleSet ConvertFromSurrogate(in RuleSetSurrogate surrogate) => new() { Rules = Columns.Of(surrogate.Rules) };

    public RuleSetSurrogate ConvertToSurrogate(in RuleSet value) => new() { Rules = Columns.Of(value.Rules) };
}

/// <summary>A <see cref="Rule"/> on its way; the filter is its canonical text. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.rule")]
internal struct RuleSurrogate
{
    [Id(0)]
    public string Name;

    /// <summary>Number of <see cref="RuleAction"/>.</summary>
    [Id(1)]
    public int Action;

    [Id(2)]
    public string? Item;

    [Id(3)]
    public string? Filter;

    [Id(4)]
    public int Position;

    [Id(5)]
    public double Factor;

    [Id(6)]
    public string[]? Surfaces;

    [Id(7)]
    public DateTimeOffset? From;

    [Id(8)]
    public DateTimeOffset? Until;
}

[RegisterConverter]
internal sealed class RuleConverter : IConverter<Rule, RuleSurrogate>
{
    public Rule ConvertFromSurrogate(in RuleSurrogate surrogate) => new()
    {
        Name = surrogate.Name,
        Action = (RuleAction)surrogate.Action,
        Item = surrogate.Item,
        Filter = Columns.ToFilter(surrogate.Filter),
        Position = surrogate.Position,
        Factor = surrogate.Factor,
        Surfaces = Columns.Of(surrogate.Surfaces),
        From = surrogate.From,
        Until = surrogate.Until,
    };

    public RuleSurrogate ConvertToSurrogate(in Rule value) => new()
    {
        Name = value.Name,
        Action = (int)value.Action,
        Item = value.Item,
        Filter = value.Filter?.ToString(),
        Position = value.Position,
        Factor = value.Factor,
        Surfaces = Columns.Of(value.Surfaces),
        From = value.From,
        Until = value.Until,
    };
}
