namespace Recs.Grains.Surrogates;

/// <summary>A <see cref="ModelInfo"/> on its way. Field ids are never reused.</summary>
[GenerateSerializer, Immutable, Alias("recs.surrogate.model-info")]
internal struct ModelInfoSurrogate
{
    [Id(0)]
    public string Version;

    [Id(1)]
    public DateTimeOffset CreatedAt;

    [Id(2)]
    public string State;

    [Id(3)]
    public int Items;

    [Id(4)]
    public long TrainedEvents;

    [Id(5)]
    public string[]? MetricNames;

    /// <summary>As many as <see cref="MetricNames"/>.</summary>
    [Id(6)]
    public double[]? Metrics;

    [Id(7)]
    public string? Problem;
}

[RegisterConverter]
internal sealed class ModelInfoConverter : IConverter<ModelInfo, ModelInfoSurrogate>
{
    public ModelInfo ConvertFromSurrogate(in ModelInfoSurrogate surrogate) => new(
        surrogate.Version,
        surrogate.CreatedAt,
        surrogate.State,
        surrogate.Items,
        surrogate.TrainedEvents,
        Columns.ToMap(surrogate.MetricNames, surrogate.Metrics),
        surrogate.Problem);

    public ModelInfoSurrogate ConvertToSurrogate(in ModelInfo value)
    {
        var (names, metrics) = Columns.Of(value.Metrics);
        return new()
        {
            Version = value.Version,
            CreatedAt = value.CreatedAt,
            State = value.State,
            Items = value.Items,
            TrainedEvents = value.TrainedEvents,
            MetricNames = names,
            Metrics = metrics,
            Problem = value.Problem,
        };
    }
}
