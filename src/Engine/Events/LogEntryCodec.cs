using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>
/// Event-log frames as bytes: versioned, compact, ids as UTF-8, each once a frame. Layout: docs/formats.md.
/// </summary>
public static class LogEntryCodec
{
    /// <summary>Most events in one frame, so that a hostile frame cannot ask for much memory.</summary>
    public const int MaxEvents = 65_536;

    internal const byte Version = 1;

    private const byte EventsKind = 1, MergeKind = 2;

    private const byte TypeMask = 0x0F, HasWeight = 0x10, HasRevenue = 0x20, HasEventId = 0x40, HasRequest = 0x80;

    // Two references, a type, a sequence and a time: nothing an event could do without.
    private const int LeastEventBytes = 5;

    private static readonly long EarliestMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>
    /// Throws <see cref="RecommenderException"/> for what would not decode again: a number out of its range, a text
    /// that is no Unicode, more than <see cref="MaxEvents"/> events.
    /// </summary>
    public static byte[] Encode(LogEntry entry)
    {
        var writer = new ByteWriter();
        writer.Byte(Version);
        switch (entry)
        {
            case LogEntry.Events events:
                writer.Byte(EventsKind);
                EncodeEvents(events, writer);
                break;
            case LogEntry.Merge merge:
                writer.Byte(MergeKind);
                writer.Text(merge.GuestId);
                writer.Text(merge.TargetId);
                writer.Varint(Checked("sequence", merge.Sequence, 0, long.MaxValue));
                writer.Varint((ulong)merge.GuestSession.Length);
                writer.Bytes(merge.GuestSession.Span);
                break;
            default:
                throw new ArgumentException($"{entry.GetType()} is no frame of the event log.", nameof(entry));
        }
        return writer.ToArray();
    }

    /// <summary>An empty payload is an emptied frame and decodes to null. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static LogEntry? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return null;
        var reader = new ByteReader(payload);
        var version = reader.Byte();
        if (version != Version)
            throw new InvalidDataException($"The frame has format {version}; this version reads format {Version}.");
        LogEntry entry = reader.Byte() switch
        {
            EventsKind => DecodeEvents(ref reader),
            MergeKind => new LogEntry.Merge(
                reader.Text(), reader.Text(), reader.Bounded(long.MaxValue, "sequence"), reader.Blob().ToArray()),
            var kind => throw reader.Damaged($"a frame of kind {kind} is not known"),
        };
        reader.End();
        return entry;
    }

    private static void EncodeEvents(LogEntry.Events frame, ByteWriter writer)
    {
        writer.Byte(frame.ImportSource is null ? (byte)0 : (byte)1);
        if (frame.ImportSource is { } source)
        {
            writer.Text(source);
            writer.Varint(Checked("importNextRow", frame.ImportNextRow, 0, long.MaxValue));
        }
        Checked("events", frame.Accepted.Count, 0, MaxEvents);
        var references = new Dictionary<string, int>(StringComparer.Ordinal);
        var texts = new List<string>();
        foreach (var logged in frame.Accepted)
        {
            Refer(logged.UserId);
            Refer(logged.ItemId);
            if (logged.RequestId is { } request)
                Refer(request);
        }
        writer.Varint((ulong)texts.Count);
        foreach (var text in texts)
            writer.Text(text);
        writer.Varint((ulong)frame.Accepted.Count);
        long previousMs = 0;
        foreach (var logged in frame.Accepted)
        {
            EncodeEvent(logged, references, previousMs, writer);
            previousMs = logged.AtMs;
        }

        void Refer(string text)
        {
            if (references.TryAdd(text, texts.Count))
                texts.Add(text);
        }
    }

    private static void EncodeEvent(LoggedEvent logged, Dictionary<string, int> references, long previousMs, ByteWriter writer)
    {
        if (!Enum.IsDefined(logged.Type))
            throw RecommenderException.Invalid("type", (byte)logged.Type, "a type of interaction");
        Checked("timestamp", logged.AtMs, EarliestMs, LatestMs);
        writer.Byte((byte)((byte)logged.Type
            | (logged.Weight is null ? 0 : HasWeight)
            | (logged.Revenue is null ? 0 : HasRevenue)
            | (logged.EventIdHash == 0 ? 0 : HasEventId)
            | (logged.RequestId is null ? 0 : HasRequest)));
        writer.Varint((ulong)references[logged.UserId]);
        writer.Varint((ulong)references[logged.ItemId]);
        writer.Varint(Checked("sequence", logged.Sequence, 0, long.MaxValue));
        writer.ZigZag(logged.AtMs - previousMs);
        if (logged.Weight is { } weight)
            writer.Double(Finite("weight", weight));
        if (logged.Revenue is { } revenue)
            writer.Double(Finite("revenue", revenue));
        if (logged.EventIdHash != 0)
            writer.UInt64(logged.EventIdHash);
        if (logged.RequestId is { } request)
            writer.Varint((ulong)references[request]);
    }

    private static LogEntry.Events DecodeEvents(ref ByteReader reader)
    {
        string? source = null;
        long nextRow = 0;
        var imported = reader.Byte();
        if (imported > 1)
            throw reader.Damaged($"the import mark is {imported}");
        if (imported == 1)
        {
            source = reader.Text();
            nextRow = reader.Bounded(long.MaxValue, "the import's next row");
        }
        var texts = new string[reader.Count(3 * MaxEvents, leastBytes: 1, "texts")];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = reader.Text();
        var events = new LoggedEvent[reader.Count(MaxEvents, LeastEventBytes, "events")];
        long atMs = 0;
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = DecodeEvent(ref reader, texts, atMs);
            atMs = events[i].AtMs;
        }
        return new LogEntry.Events(events, source, nextRow);
    }

    private static LoggedEvent DecodeEvent(ref ByteReader reader, string[] texts, long previousMs)
    {
        var flags = reader.Byte();
        var type = (InteractionType)(flags & TypeMask);
        if (!Enum.IsDefined(type))
            throw reader.Damaged($"an interaction of type {(byte)type} is not known");
        var user = Refer(ref reader, texts);
        var item = Refer(ref reader, texts);
        var sequence = reader.Bounded(long.MaxValue, "sequence");
        var atMs = unchecked(previousMs + reader.ZigZag());
        if (atMs < EarliestMs || atMs > LatestMs)
            throw reader.Damaged($"the time {atMs} is no date");
        return new LoggedEvent
        {
            Type = type,
            UserId = user,
            ItemId = item,
            Sequence = sequence,
            AtMs = atMs,
            Weight = (flags & HasWeight) != 0 ? Finite(ref reader) : null,
            Revenue = (flags & HasRevenue) != 0 ? Finite(ref reader) : null,
            EventIdHash = (flags & HasEventId) != 0 ? reader.UInt64() : 0,
            RequestId = (flags & HasRequest) != 0 ? Refer(ref reader, texts) : null,
        };
    }

    private static string Refer(ref ByteReader reader, string[] texts) =>
        texts.Length > 0
            ? texts[reader.Bounded(texts.Length - 1, "a text's number")]
            : throw reader.Damaged("an event without texts");

    private static double Finite(ref ByteReader reader) =>
        reader.Double() is var value && double.IsFinite(value) ? value : throw reader.Damaged($"the number {value} is not finite");

    private static double Finite(string field, double value) =>
        double.IsFinite(value) ? value : throw RecommenderException.Invalid(field, value, "finite");

    private static ulong Checked(string field, long value, long least, long most) =>
        value >= least && value <= most ? (ulong)value : throw RecommenderException.Invalid(field, value, $"{least} to {most}");
}
