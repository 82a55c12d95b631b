using System.Text.Json;

namespace Recs.Api.Json;

/// <summary>Writes pages by hand: this is the response that the latency budget is about.</summary>
internal static class PageJson
{
    public static void Write(Utf8JsonWriter json, Page page)
    {
        json.WriteStartObject();
        json.WriteString("requestId"u8, page.RequestId);
        json.WriteString("userId"u8, page.UserId);
        json.WriteNumber("sequence"u8, page.Sequence);
        json.WriteString("modelVersion"u8, page.ModelVersion);
        json.WriteStartArray("items"u8);
        for (var i = 0; i < page.Items.Count; i++)
            WriteItem(json, page.Items[i]);
        json.WriteEndArray();
        json.WriteStartArray("degraded"u8);
        for (var i = 0; i < page.Degraded.Count; i++)
            json.WriteStringValue(page.Degraded[i]);
        json.WriteEndArray();
        var timings = page.Timings;
        json.WriteStartObject("timings"u8);
        WriteMs(json, "sessionMs"u8, timings.SessionMs);
        WriteMs(json, "retrieveMs"u8, timings.RetrieveMs);
        WriteMs(json, "mergeMs"u8, timings.MergeMs);
        WriteMs(json, "rankMs"u8, timings.RankMs);
        WriteMs(json, "policyMs"u8, timings.PolicyMs);
        WriteMs(json, "totalMs"u8, timings.TotalMs);
        json.WriteEndObject();
        if (page.Explanation is { } explanation)
        {
            json.WritePropertyName("explanation"u8);
            JsonSerializer.Serialize(json, explanation, ApiJson.Default.PageExplanation);
        }
        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, PageItem item)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, item.Id);
        json.WriteString("title"u8, item.Title);
        json.WriteNumber("score"u8, item.Score);
        json.WriteStartArray("sources"u8);
        for (var i = 0; i < item.Sources.Count; i++)
            json.WriteStringValue(item.Sources[i]);
        json.WriteEndArray();
        json.WriteString("reason"u8, item.Reason);
        if (item.Explanation is { } explanation)
        {
            json.WritePropertyName("explanation"u8);
            JsonSerializer.Serialize(json, explanation, ApiJson.Default.ItemExplanation);
        }
        json.WriteEndObject();
    }

    /// <summary>To the microsecond; more digits would say nothing.</summary>
    private static void WriteMs(Utf8JsonWriter json, ReadOnlySpan<byte> name, double ms) =>
        json.WriteNumber(name, Math.Round(ms, 3));
}
