using Recs.Engine.Events;

namespace Recs.Engine.Embedded;

/// <summary>
/// Copies a log that another process may be writing: closed segments whole, the last up to its last whole record.
/// </summary>
internal static class LogCopy
{
    /// <summary>Returns the range of ordinals copied; throws <see cref="InvalidDataException"/> naming a damaged file.</summary>
    public static (long First, long Next) Copy(string directory, StagedFolder staged, string relative)
    {
        var bases = SegmentFormat.List(directory);
        (long First, long Next) range = (0, 0);
        var any = false;
        for (var i = 0; i < bases.Length; i++)
        {
            using var reader = SegmentReader.TryOpen(directory, bases[i]);
            if (reader is null)
            {
                // Segments go from the oldest on: what came before this one is gone too.
                staged.Remove(relative);
                any = false;
                continue;
            }
            Pass(reader, i + 1 < bases.Length ? bases[i + 1] : null);
            staged.Add($"{relative}/{SegmentFormat.FileName(bases[i])}", reader.PassedBytes());
            range = (any ? range.First : bases[i], reader.NextOrdinal);
            any = true;
        }
        return range;
    }

    private static void Pass(SegmentReader reader, long? next)
    {
        SegmentRead found;
        // What is appended from here on could keep a slow copy going for ever.
        var length = reader.FileLength;
        do
            found = reader.Skip();
        while (found == SegmentRead.Record && (next is null ? reader.Offset < length : reader.NextOrdinal < next));
        if (found == SegmentRead.Broken && (next is not null || reader.IsDamage()))
            throw reader.Damaged($"record {reader.NextOrdinal} does not match its checksum");
        if (next is { } expected && reader.NextOrdinal != expected)
            throw reader.Damaged($"it ends before record {reader.NextOrdinal}, but the next segment begins with record {expected}");
    }
}
