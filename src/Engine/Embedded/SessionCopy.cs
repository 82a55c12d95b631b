using Recs.Engine.Events;

namespace Recs.Engine.Embedded;

/// <summary>
/// Copies the session store of a folder that another process may be writing, as of its last checkpoint: the files
/// that the checkpoint names, and it. What was put since may come along.
/// </summary>
internal static class SessionCopy
{
    /// <summary>
    /// The log's ordinal that the copied sessions hold, null when there is no checkpoint and nothing was copied; false
    /// when files changed under the copy and it has to be made again.
    /// </summary>
    public static bool TryCopy(string directory, StagedFolder staged, string relative, out long? nextOrdinal)
    {
        nextOrdinal = null;
        var checkpoint = SessionCheckpoint.Read(directory);
        if (checkpoint == SessionCheckpoint.None)
            return true;
        foreach (var number in checkpoint.Files)
        {
            using var reader = SegmentReader.TryOpen(directory, number);
            if (reader is null || number > checkpoint.FlushedFile)
                return false;
            SegmentRead found;
            do
                found = reader.Skip();
            while (found == SegmentRead.Record);
            if (number == checkpoint.FlushedFile ? reader.Offset < checkpoint.FlushedTo : found == SegmentRead.Broken)
                return false;
            staged.Add($"{relative}/{SegmentFormat.FileName(number)}", reader.PassedBytes());
        }
        staged.Add($"{relative}/{SessionCheckpoint.FileName}", [checkpoint.Encode()]);
        nextOrdinal = checkpoint.NextOrdinal;
        return true;
    }
}
