using Recs.Engine.Embedded;

namespace Recs.Cluster.Tests;

/// <summary>Reads a cluster's event log as training does.</summary>
internal static class LogReader
{
    /// <summary>The sequence numbers of a user's events, in the log's order.</summary>
    public static IEnumerable<long> Sequences(string folder, string userId) =>
        from e in Events(folder)
        where e.UserId == userId
        select e.Sequence;

    /// <summary>All events; each user's are in the log's order.</summary>
    public static IEnumerable<LoggedEvent> Events(string folder) =>
        from log in DataFolder.EventLogs(folder)
        from record in SegmentedLog.ReadFolder(log)
        let events = LogEntryCodec.Decode(record.Payload.Span) as LogEntry.Events
        where events is not null
        from e in events.Accepted
        select e;
}
