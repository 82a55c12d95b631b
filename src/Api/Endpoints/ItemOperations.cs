using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;

namespace Recs.Api.Endpoints;

/// <summary>The catalogue.</summary>
internal static class ItemOperations
{
    public static IEnumerable<ApiOperation> All =>
    [
        new("GET", "/v1/items/{id}", ApiRole.Read, "getItem", "One item.", GetAsync) { Result = typeof(Item), Errors = [404] },
        new("PUT", "/v1/items/{id}", ApiRole.Write, "putItem", "Adds or replaces one item; it is findable when the call returns.", PutAsync)
        {
            Body = typeof(Item), Result = typeof(CatalogReceipt), Errors = [409, 413, 507],
            Remarks = "The body's id may be left out; otherwise it must be the path's.",
        },
        new("DELETE", "/v1/items/{id}", ApiRole.Write, "deleteItem", "Deletes one item; it is on no page when the call returns.", DeleteAsync)
        {
            Status = 204, Errors = [404, 507],
        },
        new("POST", "/v1/items", ApiRole.Write, "putItems", "Adds or replaces up to 1,000 items, all or nothing.", PutManyAsync)
        {
            Body = typeof(Item[]), Result = typeof(CatalogReceipt), Errors = [409, 413, 507],
        },
    ];

    private static async Task GetAsync(ApiCall call)
    {
        var id = call.Id;
        var item = await call.Recommender.GetItemAsync(id, call.Aborted) ?? throw Unknown(id);
        await JsonReply.SendAsync(call.Http, 200, item, static (json, i) => ItemJson.Write(json, i));
    }

    private static async Task PutAsync(ApiCall call)
    {
        var id = call.Id;
        var receipt = await Writes.RunAsync(call, utf8 => ItemJson.ReadOne(utf8, id),
            (item, cancel) => call.Recommender.UpsertItemsAsync([item], cancel));
        await JsonReply.SendAsync(call.Http, 200, receipt, ReplyJson.Of<CatalogReceipt>());
    }

    private static async Task PutManyAsync(ApiCall call)
    {
        var receipt = await Writes.RunAsync(call, ItemJson.ReadBatch, (items, cancel) => call.Recommender.UpsertItemsAsync(items, cancel));
        await JsonReply.SendAsync(call.Http, 200, receipt, ReplyJson.Of<CatalogReceipt>());
    }

    private static async Task DeleteAsync(ApiCall call)
    {
        var id = call.Id;
        if (!await Writes.RunAsync(call, cancel => call.Recommender.DeleteItemAsync(id, cancel)))
            throw Unknown(id);
        call.Http.Response.StatusCode = 204;
    }

    private static RecommenderException Unknown(string id) =>
        new(RefusalKind.NotFound, $"The catalogue has no item '{id}'.") { Field = "id", Value = id };
}
