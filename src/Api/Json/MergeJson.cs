using System.Text.Json;

namespace Recs.Api.Json;

/// <summary>The body of a merge: {"guestId": "…"}.</summary>
internal static class MergeJson
{
    private static readonly string[] Members = ["guestId"];

    public static string Read(ReadOnlySpan<byte> utf8) => JsonInput.Parse(utf8, static (ref reader) =>
    {
        JsonInput.BeginObject(ref reader, "body", null);
        string? guest = null;
        ulong seen = 0;
        while (JsonInput.NextMember(ref reader, Members, ref seen, out _, null))
            guest = JsonInput.Text(ref reader, "guestId", null);
        return guest ?? throw RecommenderException.Invalid("guestId", null, $"1 to {Limits.MaxIdLength} characters");
    });
}
