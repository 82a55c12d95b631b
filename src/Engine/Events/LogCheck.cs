namespace Recs.Engine.Events;

/// <summary>Checks a log that nobody writes: every record of every segment, with no torn tail.</summary>
internal static class LogCheck
{
    /// <summary>Returns the range of ordinals held; throws <see cref="InvalidDataException"/> naming file and offset.</summary>
    public static (long First, long Next) Verify(string directory)
    {
        var bases = SegmentFormat.List(directory);
        for (var i = 0; i < bases.Length; i++)
        {
            var end = VerifyFile(directory, bases[i]);
            if (i + 1 < bases.Length && end != bases[i + 1])
                throw new InvalidDataException(
                    $"'{Path.Combine(directory, SegmentFormat.FileName(bases[i]))}' ends before record {end}, but the next segment begins with {bases[i + 1]}.");
            if (i + 1 == bases.Length)
                return (bases[0], end);
        }
        return (0, 0);
    }

    /// <summary>Checks one file, whose records must fill it; returns the ordinal after its last record.</summary>
    public static long VerifyFile(string directory, long baseOrdinal)
    {
        using var reader = SegmentReader.TryOpen(directory, baseOrdinal)
            ?? throw new InvalidDataException($"'{Path.Combine(directory, SegmentFormat.FileName(baseOrdinal))}' is missing.");
        SegmentRead found;
        do
            found = reader.Skip();
        while (found == SegmentRead.Record);
        if (found == SegmentRead.Broken)
            throw reader.Damaged($"record {reader.NextOrdinal} does not match its checksum");
        return reader.NextOrdinal;
    }
}
