namespace Recs.Engine.Events;

/// <summary>Reads a log's segments in order while they are appended to, rewritten and dropped.</summary>
internal static class SegmentSequence
{
    // Each look at the directory follows a drop that happened since the last; more than this is no drop.
    private const int MaxLooks = 10_000;

    /// <param name="directory">The log's folder.</param>
    /// <param name="from">First ordinal asked for; what was dropped is passed over.</param>
    /// <param name="toExcl">Records known to be whole; null for a folder that another process may be writing.</param>
    /// <param name="bases">The segments to read, ascending.</param>
    /// <param name="open">The log's segments where this process has it open: they know where recent records begin.</param>
    public static IEnumerable<LogRecord> Read(string directory, long from, long? toExcl, long[] bases, SegmentSet? open = null)
    {
        if (bases.Length == 0)
            yield break;
        var next = from;
        for (var looks = 0; next < (toExcl ?? long.MaxValue);)
        {
            var index = IndexOf(bases, ref next);
            if (index < 0)
                yield break;
            using var reader = SegmentReader.TryOpen(directory, bases[index]);
            if (reader is null)
            {
                if (++looks > MaxLooks)
                    throw new IOException($"'{directory}' names segments that cannot be opened.");
                // Also those begun since: a compaction writes anew there what it drops here.
                bases = SegmentFormat.List(directory);
                continue;
            }
            if (open?.MarkBefore(reader.BaseOrdinal, next) is { } mark)
                reader.Seek(mark);
            var end = index + 1 < bases.Length ? bases[index + 1] : (long?)null;
            while (TryRead(reader, next, end, toExcl, out var payload))
            {
                if (reader.NextOrdinal > next)
                    yield return new LogRecord(next++, payload);
            }
            if (end is null)
                yield break;
            next = Math.Max(next, end.Value);
        }
    }

    /// <summary>The segment to continue in; moves <paramref name="next"/> past what was dropped. Negative when none is left.</summary>
    private static int IndexOf(long[] bases, ref long next)
    {
        if (bases.Length == 0)
            return -1;
        var index = Array.BinarySearch(bases, next);
        if (index < 0)
            index = ~index - 1;
        if (index >= 0)
            return index;
        next = bases[0];
        return 0;
    }

    /// <summary>Passes one record, reading it when it is at or past <paramref name="next"/>; false at the segment's end.</summary>
    private static bool TryRead(SegmentReader reader, long next, long? end, long? toExcl, out byte[] payload)
    {
        payload = [];
        if (reader.NextOrdinal >= (end ?? long.MaxValue) || reader.NextOrdinal >= (toExcl ?? long.MaxValue))
            return false;
        switch (reader.NextOrdinal < next ? reader.Skip() : reader.Read(out payload))
        {
            case SegmentRead.Record:
                return true;
            case SegmentRead.End when end is null && toExcl is null:
                return false;
            case SegmentRead.Broken when end is null && toExcl is null && !reader.IsDamage():
                return false;
            case SegmentRead.End:
                throw reader.Damaged($"it ends before record {(end ?? toExcl) - 1}");
            default:
                throw reader.Damaged($"record {reader.NextOrdinal} does not match its checksum");
        }
    }
}
