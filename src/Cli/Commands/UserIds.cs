using Recs.Engine.Embedded;

namespace Recs.Cli.Commands;

/// <summary>Whose pages a batch makes.</summary>
internal static class UserIds
{
    /// <summary>One id a line; blank lines and repeats are passed over.</summary>
    public static IReadOnlyList<string> FromFile(string path) =>
        [.. File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Every user of the event log, in order of id. Guests that were merged are their target.</summary>
    public static IReadOnlyList<string> FromEvents(string folder, CancellationToken cancellationToken)
    {
        var users = new SortedSet<string>(StringComparer.Ordinal);
        var guests = new HashSet<string>(StringComparer.Ordinal);
        // A guest's events and its merge may lie in different partitions.
        foreach (var record in DataFolder.EventLogs(folder).SelectMany(log => SegmentedLog.ReadFolder(log)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (LogEntryCodec.Decode(record.Payload.Span))
            {
                case LogEntry.Events events:
                    foreach (var e in events.Accepted)
                        users.Add(e.UserId);
                    break;
                case LogEntry.Merge merge:
                    guests.Add(merge.GuestId);
                    users.Add(merge.TargetId);
                    break;
            }
        }

        users.ExceptWith(guests);
        return [.. users];
    }
}
