using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;
using Recs.Engine.Monitoring;

namespace Recs.Api.Endpoints;

/// <summary>Models, figures, health.</summary>
internal static class OperatorOperations
{
    public static IEnumerable<ApiOperation> All =>
    [
        new("GET", "/v1/models", ApiRole.Read, "models", "The models that this host knows, newest first.", ModelsAsync) { Result = typeof(ModelList) },
        new("POST", "/v1/models/reload", ApiRole.Admin, "reloadModel", "Looks for a newer model now, and says which one is active.", ReloadAsync)
        {
            Result = typeof(ReloadResult), Errors = [404, 409],
        },
        new("GET", "/v1/status", ApiRole.Read, "status", "Figures for operators; rates and percentiles are over the last minute.", StatusAsync)
        {
            Result = typeof(RecommenderStatus),
        },
        new("GET", "/health/live", ApiRole.Anyone, "live", "200 while the process answers at all.", LiveAsync) { Result = typeof(HealthResult) },
        new("GET", "/health/ready", ApiRole.Anyone, "ready", "200 once events and pages are served, 503 before.", ReadyAsync) { Result = typeof(HealthResult) },
    ];

    private static async Task ModelsAsync(ApiCall call) => await JsonReply.SendAsync(
        call.Http, 200, new ModelList(await call.Recommender.ModelsAsync(call.Aborted)), ReplyJson.Of<ModelList>());

    private static async Task ReloadAsync(ApiCall call)
    {
        var admin = call.Server.Admin ?? throw new RecommenderException(
            RefusalKind.NotFound, "This host finds newer models by itself and takes no call to reload.");
        await JsonReply.SendAsync(
            call.Http, 200, new ReloadResult(await admin.ReloadModelAsync(call.Aborted)), ReplyJson.Of<ReloadResult>());
    }

    private static async Task StatusAsync(ApiCall call) => await JsonReply.SendAsync(
        call.Http, 200, await call.Recommender.StatusAsync(call.Aborted), ReplyJson.Of<RecommenderStatus>());

    private static Task LiveAsync(ApiCall call) =>
        JsonReply.SendAsync(call.Http, 200, new HealthResult("live"), ReplyJson.Of<HealthResult>());

    private static async Task ReadyAsync(ApiCall call)
    {
        if (call.Server.Readiness is { } readiness)
        {
            if (readiness.NotReady is { } why)
                throw new RecommenderException(RefusalKind.NotReady, $"Not ready: {why}.");
        }
        else if (await call.Recommender.StatusAsync(call.Aborted) is { Ready: false } status)
        {
            throw new RecommenderException(RefusalKind.NotReady, $"Still starting: {status.Starting ?? "recovering"}.");
        }

        await JsonReply.SendAsync(call.Http, 200, new HealthResult("ready"), ReplyJson.Of<HealthResult>());
    }
}
