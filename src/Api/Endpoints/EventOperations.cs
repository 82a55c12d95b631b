using Recs.Api.Http;
using Recs.Api.Json;
using Recs.Api.Security;
using static Recs.Api.Endpoints.Parameters;

namespace Recs.Api.Endpoints;

/// <summary>Events in.</summary>
internal static class EventOperations
{
    private static readonly ApiOperation Observe = new(
        "POST", "/v1/events", ApiRole.Write, "observe", "Records events, all or nothing; they are durable when the call returns.", ObserveAsync)
    {
        Query = [ImportSource, ImportFirstRow],
        Body = typeof(Interaction[]),
        Result = typeof(Receipt),
        Errors = [404, 409, 413, 504, 507],
        Remarks = "1 to 1,000 events. One bad event refuses the batch and its index is in the error. An event with an eventId may be sent again: it counts once.",
    };

    public static IEnumerable<ApiOperation> All => [Observe];

    private static async Task ObserveAsync(ApiCall call)
    {
        var rows = Rows(call.Query);
        var receipt = await Writes.RunAsync(
            call, EventJson.ReadBatch, (events, cancel) => call.Recommender.ObserveAsync(events, rows, cancel));
        await JsonReply.SendAsync(call.Http, 200, receipt, static (json, r) => ReceiptJson.Write(json, r));
    }

    private static ImportRows? Rows(ApiQuery query)
    {
        var source = query.Text(ImportSource);
        var first = query.Number(ImportFirstRow);
        if (source is null && first is null)
            return null;
        if (string.IsNullOrWhiteSpace(source) || source.Length > Limits.MaxIdLength)
            throw RecommenderException.Invalid("importSource", source, $"1 to {Limits.MaxIdLength} characters, with importFirstRow");
        return new ImportRows(source, first ?? throw RecommenderException.Invalid(
            "importFirstRow", null, "a whole number, 0 or more, with importSource"));
    }
}
