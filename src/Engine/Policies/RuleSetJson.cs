using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Engine.Policies;

/// <summary>
/// Rules as JSON: <c>{"rules":[{"name","action":"pin|boost|bury","item"|"filter","position","factor","surfaces","from","until"}]}</c>.
/// The same text in rules.json and over HTTP.
/// </summary>
public static class RuleSetJson
{
    /// <summary>Throws <see cref="RecommenderException"/> with the line, or the rule and the field, at fault.</summary>
    public static RuleSet Parse(ReadOnlySpan<byte> json)
    {
        RuleSetDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, RuleJsonContext.Default.RuleSetDocument);
        }
        catch (JsonException e)
        {
            throw new RecommenderException(RefusalKind.Invalid, $"The rules are not legal JSON of this kind, line {e.LineNumber + 1}: {e.Message}", e) { Field = e.Path };
        }

        if (document is not { Rules: { } rules } || rules.Contains(null!))
            throw RecommenderException.Invalid("rules", null, "an object with an array \"rules\" of rules");
        var set = new RuleSet
        {
            Rules = [.. rules.Select((rule, i) => rule is null
            ? throw RecommenderException.Invalid("rule", null, "an object", i)
            : rule.ToRule(i))]
        };
        set.Check();
        return set;
    }

    public static byte[] Write(RuleSet set) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new RuleSetDocument { Rules = [.. set.Rules.Select(RuleDocument.Of)] }, RuleJsonContext.Default.RuleSetDocument);
}

internal sealed record RuleSetDocument
{
    public required IReadOnlyList<RuleDocument> Rules { get; init; }
}

internal sealed record RuleDocument
{
    public required string Name { get; init; }

    public required string Action { get; init; }

    public string? Item { get; init; }

    public string? Filter { get; init; }

    public int? Position { get; init; }

    public double? Factor { get; init; }

    public IReadOnlyList<string>? Surfaces { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Until { get; init; }

    public static RuleDocument Of(Rule rule) => new()
    {
        Name = rule.Name,
        Action = rule.Action.ToString().ToLower(CultureInfo.InvariantCulture),
        Item = rule.Item,
        Filter = rule.Filter?.ToString(),
        Position = rule.Action == RuleAction.Pin ? rule.Position : null,
        Factor = rule.Action == RuleAction.Boost ? rule.Factor : null,
        Surfaces = rule.Surfaces.Count == 0 ? null : rule.Surfaces,
        From = rule.From,
        Until = rule.Until,
    };

    public Rule ToRule(int index) => new()
    {
        Name = Name,
        Action = Action switch
        {
            "pin" => RuleAction.Pin,
            "boost" => RuleAction.Boost,
            "bury" => RuleAction.Bury,
            _ => throw RecommenderException.Invalid("action", Action, "pin, boost or bury", index),
        },
        Item = Item,
        Filter = Filter is null ? null : ItemFilter.Parse(Filter),
        Position = Position ?? 1,
        Factor = Factor ?? 1,
        Surfaces = Surfaces ?? [],
        From = From,
        Until = Until,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(RuleSetDocument))]
internal sealed partial class RuleJsonContext : JsonSerializerContext;
