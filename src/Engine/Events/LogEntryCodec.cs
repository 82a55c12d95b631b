namespace Recs.Engine.Events;

/// <summary>Event-log frames as bytes: versioned, compact, ids as UTF-8. Layout: docs/formats.md.</summary>
public static class LogEntryCodec
{
    public static byte[] Encode(LogEntry entry) => throw new NotImplementedException();

    /// <summary>An empty payload is an emptied frame and decodes to null. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static LogEntry? Decode(ReadOnlySpan<byte> payload) => throw new NotImplementedException();
}
