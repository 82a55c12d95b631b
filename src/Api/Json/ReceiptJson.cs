using System.Text.Json;

namespace Recs.Api.Json;

internal static class ReceiptJson
{
    public static void Write(Utf8JsonWriter json, Receipt receipt)
    {
        json.WriteStartObject();
        json.WriteNumber("accepted"u8, receipt.Accepted);
        json.WriteNumber("duplicates"u8, receipt.Duplicates);
        json.WriteStartObject("sequences"u8);
        foreach (var (user, sequence) in receipt.Sequences)
            json.WriteNumber(user, sequence);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
