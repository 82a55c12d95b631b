using Recs.Engine.Events;

namespace Recs.Engine.Embedded;

/// <summary>
/// Compaction appends a closed file's live records anew, each as if it were put again, so that the order of files and
/// offsets still tells the newest record of a user, whatever is put meanwhile.
/// </summary>
internal static class SessionCompaction
{
    public static void CopyLive(SessionFiles files, SessionFile file)
    {
        if (file.LiveBytes == 0)
            return;
        using var reader = SegmentReader.TryOpen(files.Directory, file.Number)
            ?? throw new IOException($"'{file.Path}' vanished.");
        while (reader.Offset < file.Length)
        {
            var offset = reader.Offset;
            if (reader.Read(out var payload) != SegmentRead.Record)
                throw reader.Damaged("a record does not match its checksum; open the store again to have it dropped");
            files.Move(file, offset, payload);
        }
    }
}
