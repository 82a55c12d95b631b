using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;

namespace Recs.Api.Endpoints;

/// <summary>What is held about a user: look, merge, forget.</summary>
internal static class UserOperations
{
    public static IEnumerable<ApiOperation> All =>
    [
        new("GET", "/v1/users/{id}", ApiRole.Read, "getUser", "What is held about a user.", GetAsync)
        {
            Result = typeof(UserProfile), Errors = [404],
        },
        new("DELETE", "/v1/users/{id}", ApiRole.Admin, "forgetUser", "Removes a user from memory, disk, logs and the next training set, and proves it.", ForgetAsync)
        {
            Result = typeof(ForgetReceipt), Errors = [404, 507],
            Remarks = "Guests merged into the user go too. `remaining` counts the records still naming one of the ids after the removal: 0.",
        },
        new("POST", "/v1/users/{id}/merge", ApiRole.Write, "mergeUser", "Makes a guest's history part of this user's; idempotent.", MergeAsync)
        {
            Body = typeof(MergeBody), Result = typeof(MergeReceipt), Errors = [404, 409, 413, 507],
            Remarks = "Afterwards the guest id forwards to this user.",
        },
    ];

    private static async Task GetAsync(ApiCall call)
    {
        var id = call.Id;
        var profile = await call.Recommender.ProfileAsync(id, call.Aborted) ?? throw new RecommenderException(
            RefusalKind.NotFound, $"There is no user '{id}'; a user exists from its first event on.")
        { Field = "id", Value = id };
        await JsonReply.SendAsync(call.Http, 200, profile, ReplyJson.Of<UserProfile>());
    }

    // Not cut off by a hang-up or the write timeout: half a removal proves nothing.
    private static async Task ForgetAsync(ApiCall call) => await JsonReply.SendAsync(
        call.Http, 200, await call.Recommender.ForgetAsync(call.Id, CancellationToken.None), ReplyJson.Of<ForgetReceipt>());

    private static async Task MergeAsync(ApiCall call)
    {
        var target = call.Id;
        var receipt = await Writes.RunAsync(
            call, MergeJson.Read, (guest, cancel) => call.Recommender.MergeAsync(guest, target, cancel));
        await JsonReply.SendAsync(call.Http, 200, receipt, ReplyJson.Of<MergeReceipt>());
    }
}
