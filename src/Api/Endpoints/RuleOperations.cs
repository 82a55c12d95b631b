using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;
using Recs.Engine.Policies;

namespace Recs.Api.Endpoints;

/// <summary>Merchandising rules, replaced whole.</summary>
internal static class RuleOperations
{
    public static IEnumerable<ApiOperation> All =>
    [
        new("GET", "/v1/rules", ApiRole.Admin, "getRules", "The pin, boost and bury rules in force.", GetAsync) { Result = typeof(RulesBody) },
        new("PUT", "/v1/rules", ApiRole.Admin, "putRules", "Replaces the rules, all or nothing; in force when the call returns.", PutAsync)
        {
            Body = typeof(RulesBody), Result = typeof(RulesBody), Errors = [413, 507],
            Remarks = "A rule names one item or a filter; a pin names an item and its place, a boost has a factor (below 1 it demotes).",
        },
    ];

    private static async Task GetAsync(ApiCall call) => await SendAsync(call, await call.Recommender.GetRulesAsync(call.Aborted));

    private static async Task PutAsync(ApiCall call) => await SendAsync(call, await Writes.RunAsync(
        call, RuleBody.Parse, async (rules, cancel) =>
        {
            await call.Recommender.ReplaceRulesAsync(rules, cancel);
            return rules;
        }));

    private static Task SendAsync(ApiCall call, RuleSet rules) =>
        JsonReply.SendAsync(call.Http, 200, rules, static (json, r) => json.WriteRawValue(RuleSetJson.Write(r)));
}
