using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Engine.Ranking.Objectives;

/// <summary>
/// Scoring settings as JSON: <c>{"objectives":[{"surfaces","click","purchase","value"}],"shadow":{"model","share"}}</c>, all of it
/// optional.
/// </summary>
public static class ScoringJson
{
    /// <summary>Throws <see cref="RecommenderException"/> with the line, or the objective and the field, at fault.</summary>
    public static ScoringSettings Parse(ReadOnlySpan<byte> json)
    {
        ScoringDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, ScoringJsonContext.Default.ScoringDocument);
        }
        catch (JsonException e)
        {
            throw new RecommenderException(RefusalKind.Invalid, $"The scoring settings are not legal JSON of this kind, line {e.LineNumber + 1}: {e.Message}", e) { Field = e.Path };
        }

        if (document is null)
            throw RecommenderException.Invalid("scoring", null, "an object");
        var settings = new ScoringSettings
        {
            Objectives = [.. (document.Objectives ?? []).Select((o, i) => o is null
                ? throw RecommenderException.Invalid("objective", null, "an object", i)
                : new SurfaceObjective(o.Surfaces ?? [], new ObjectiveWeights(o.Click ?? 1, o.Purchase ?? 0, o.Value ?? 0)))],
            Shadow = document.Shadow is { } shadow ? new ShadowSettings(shadow.Model, shadow.Share ?? 1) : null,
        };
        settings.Check();
        return settings;
    }

    public static byte[] Write(ScoringSettings settings) => JsonSerializer.SerializeToUtf8Bytes(
        new ScoringDocument
        {
            Objectives = settings.Objectives.Count == 0
                ? null
                : [.. settings.Objectives.Select(o => new ObjectiveDocument
                {
                    Surfaces = o.Surfaces.Count == 0 ? null : o.Surfaces,
                    Click = o.Weights.Click,
                    Purchase = o.Weights.Purchase,
                    Value = o.Weights.Value,
                })],
            Shadow = settings.Shadow is { } shadow ? new ShadowDocument { Model = shadow.Model, Share = shadow.Share } : null,
        },
        ScoringJsonContext.Default.ScoringDocument);
}

internal sealed record ScoringDocument
{
    public IReadOnlyList<ObjectiveDocument?>? Objectives { get; init; }

    public ShadowDocument? Shadow { get; init; }
}

internal sealed record ObjectiveDocument
{
    public IReadOnlyList<string>? Surfaces { get; init; }

    public double? Click { get; init; }

    public double? Purchase { get; init; }

    public double? Value { get; init; }
}

internal sealed record ShadowDocument
{
    public required string Model { get; init; }

    public double? Share { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ScoringDocument))]
internal sealed partial class ScoringJsonContext : JsonSerializerContext;
