using System.Text.Json;

namespace Recs.Api.Json;

/// <summary>Reads events as producers send them; checks shape here, values in the recommender.</summary>
internal static class EventJson
{
    private static readonly string[] Members =
        ["userId", "itemId", "type", "eventId", "timestamp", "weight", "revenue", "requestId"];

    private static readonly string[] Types =
        [.. Enum.GetNames<InteractionType>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private static readonly InteractionType[] TypeValues = Enum.GetValues<InteractionType>();

    public static List<Interaction> ReadBatch(ReadOnlySpan<byte> utf8) => JsonInput.Parse(utf8,
        static (ref reader) => JsonInput.ReadArray(ref reader, "events", Limits.MaxEventsPerBatch, Read));

    private static Interaction Read(ref Utf8JsonReader reader, int? index)
    {
        JsonInput.BeginObject(ref reader, "event", index);
        string? user = null, item = null, eventId = null, requestId = null;
        InteractionType? type = null;
        DateTimeOffset? at = null;
        double? weight = null, revenue = null;
        ulong seen = 0;
        while (JsonInput.NextMember(ref reader, Members, ref seen, out var member, index))
        {
            switch (member)
            {
                case 0: user = JsonInput.Text(ref reader, "userId", index); break;
                case 1: item = JsonInput.Text(ref reader, "itemId", index); break;
                case 2: type = ReadType(ref reader, index); break;
                case 3: eventId = JsonInput.Text(ref reader, "eventId", index); break;
                case 4: at = JsonInput.Time(ref reader, "timestamp", index); break;
                case 5: weight = JsonInput.Number(ref reader, "weight", index); break;
                case 6: revenue = JsonInput.Number(ref reader, "revenue", index); break;
                case 7: requestId = JsonInput.Text(ref reader, "requestId", index); break;
            }
        }
        return new Interaction
        {
            UserId = user ?? throw Absent("userId", $"1 to {Limits.MaxIdLength} characters", index),
            ItemId = item ?? throw Absent("itemId", $"1 to {Limits.MaxIdLength} characters", index),
            Type = type ?? throw Absent("type", string.Join(", ", Types), index),
            EventId = eventId,
            Timestamp = at,
            Weight = weight,
            Revenue = revenue,
            RequestId = requestId,
        };
    }

    private static InteractionType? ReadType(ref Utf8JsonReader reader, int? index)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType == JsonTokenType.String)
            for (var i = 0; i < Types.Length; i++)
                if (reader.ValueTextEquals(Types[i]))
                    return TypeValues[i];
        throw RecommenderException.Invalid("type", JsonInput.Shown(ref reader), string.Join(", ", Types), index);
    }

    private static RecommenderException Absent(string field, string legal, int? index) =>
        RecommenderException.Invalid(field, null, legal, index);
}
