using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>Recovery of a log's folder: checks every record, cuts a torn tail, refuses damage.</summary>
internal static class LogOpening
{
    public static SegmentSet Open(string directory, IStorageFiles files, out IStorageFile active, out LogRecovery recovery)
    {
        Directory.CreateDirectory(directory);
        files.DeleteTemporaries(directory);
        var bases = SegmentFormat.List(directory);
        var segments = new List<Segment>();
        long records = 0, torn = 0;
        string? tornFile = null;
        for (var i = 0; i < bases.Length; i++)
        {
            var next = i + 1 < bases.Length ? bases[i + 1] : (long?)null;
            var segment = Check(directory, bases[i], next, out var tail);
            segments.Add(segment);
            records += segment.End - segment.BaseOrdinal;
            if (tail > 0)
            {
                torn = tail;
                tornFile = Path.Combine(directory, SegmentFormat.FileName(bases[i]));
            }
        }
        if (segments.Count == 0)
        {
            active = SegmentSet.Create(files, directory, 0);
            segments.Add(new Segment(0, 0, SegmentFormat.HeaderBytes));
        }
        else
        {
            active = files.Open(Path.Combine(directory, SegmentFormat.FileName(bases[^1])));
            try
            {
                if (torn > 0)
                    active.Truncate(segments[^1].Bytes);
                // A record says what was on disk before it; so what was only handed to the system goes there now.
                active.Flush();
            }
            catch
            {
                active.Dispose();
                throw;
            }
        }
        recovery = new LogRecovery(records, torn, tornFile);
        return new SegmentSet(directory, files, [.. segments]);
    }

    /// <summary>Reads a segment to its end, which must be <paramref name="next"/> unless it is the last.</summary>
    private static Segment Check(string directory, long baseOrdinal, long? next, out long tail)
    {
        using var reader = SegmentReader.TryOpen(directory, baseOrdinal)
            ?? throw new IOException($"'{SegmentFormat.FileName(baseOrdinal)}' vanished from '{directory}' while it was opened.");
        SegmentRead found;
        do
            found = reader.Skip();
        while (found == SegmentRead.Record);
        if (found == SegmentRead.Broken && (next is not null || reader.IsDamage()))
            throw reader.Damaged($"record {reader.NextOrdinal} does not match its checksum, and records behind it were written later");
        if (next is { } expected && reader.NextOrdinal != expected)
            throw reader.Damaged($"it ends before record {reader.NextOrdinal}, but the next segment begins with record {expected}");
        tail = reader.FileLength - reader.Offset;
        return new Segment(baseOrdinal, reader.NextOrdinal, reader.Offset);
    }
}
