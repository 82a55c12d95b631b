using Recs.Engine.Policies;

namespace Recs.Api.Json;

/// <summary>Rules over HTTP have the text of rules.json. These two give that text its shape in the OpenAPI document.</summary>
internal sealed record RulesBody(IReadOnlyList<RuleBody> Rules);

internal sealed record RuleBody(
    string Name, string Action, string? Item, string? Filter, int? Position, double? Factor,
    IReadOnlyList<string>? Surfaces, DateTimeOffset? From, DateTimeOffset? Until)
{
    public static RuleSet Parse(ReadOnlySpan<byte> utf8) => RuleSetJson.Parse(JsonInput.Checked(utf8));
}
