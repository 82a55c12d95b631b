using System.Text.Json;

namespace Recs.Engine.Ranking;

/// <summary>
/// What a logistic ranker is made of; ranker.json of a model folder. All arrays run along <see cref="Names"/>.
/// The log-odds of a row x are Bias + sum of Weights[i] (x[i] - Means[i]) / Scales[i].
/// </summary>
public sealed record LogisticRankerParameters
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>"logistic": tells the kinds of ranker in ranker.json apart.</summary>
    public string Kind { get; init; } = "logistic";

    public required string SchemaHash { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    public required IReadOnlyList<double> Means { get; init; }

    /// <summary>Standard deviations, above 0; 1 for a feature that never varied.</summary>
    public required IReadOnlyList<double> Scales { get; init; }

    public required IReadOnlyList<double> Weights { get; init; }

    public required double Bias { get; init; }

    /// <summary>Parameters over the present schema.</summary>
    public static LogisticRankerParameters ForSchema(
        IReadOnlyList<double> means, IReadOnlyList<double> scales, IReadOnlyList<double> weights, double bias) => new()
        {
            SchemaHash = FeatureSchema.Hash,
            Names = FeatureSchema.Features.Select(f => f.Name).ToArray(),
            Means = means,
            Scales = scales,
            Weights = weights,
            Bias = bias,
        };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote; throws <see cref="InvalidDataException"/> when it is not that.</summary>
    public static LogisticRankerParameters FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LogisticRankerParameters>(json, Json)
                ?? throw new InvalidDataException("ranker: the JSON was null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"ranker: {e.Message}", e);
        }
    }

    /// <summary>Throws <see cref="InvalidDataException"/> saying what is wrong, against the present schema.</summary>
    internal void Validate()
    {
        if (Kind != "logistic")
            throw new InvalidDataException($"ranker: kind was '{Kind}'; known is 'logistic'.");
        SchemaCheck.Require(SchemaHash, Names);
        Check("means", Means, double.IsFinite, "finite");
        Check("scales", Scales, s => double.IsFinite(s) && s > 0, "finite and above 0");
        Check("weights", Weights, double.IsFinite, "finite");
        if (!double.IsFinite(Bias))
            throw new InvalidDataException($"ranker: bias was {Bias}; legal is finite.");
    }

    private void Check(string what, IReadOnlyList<double> values, Func<double, bool> legal, string range)
    {
        if (values.Count != Names.Count)
            throw new InvalidDataException($"ranker: {what} held {values.Count} values; the schema has {Names.Count} features.");
        for (var i = 0; i < values.Count; i++)
        {
            if (!legal(values[i]))
                throw new InvalidDataException($"ranker: {what} of {Names[i]} was {values[i]}; legal is {range}.");
        }
    }
}
