using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Takes users out of every file of a session store, stale records included. Needs the store's maintenance lock.</summary>
internal sealed class SessionEraser
{
    // Up to this the active file is rewritten while appends wait; a longer one is closed first.
    private const long RollBytes = 1 << 20;

    private readonly SessionFiles _files;
    private readonly Action<SessionFile, long> _beforeSwap;
    private readonly HashSet<string> _ids;
    private readonly HashSet<ulong> _hashes = [];

    /// <param name="files">The store's files.</param>
    /// <param name="beforeSwap">Told of each file and its new length before it is replaced.</param>
    /// <param name="userIds">Who goes.</param>
    public SessionEraser(SessionFiles files, Action<SessionFile, long> beforeSwap, IEnumerable<string> userIds)
    {
        _files = files;
        _beforeSwap = beforeSwap;
        _ids = new HashSet<string>(userIds, StringComparer.Ordinal);
        foreach (var id in _ids)
            _hashes.Add(files.Hash(SessionRecord.IdBytes(id)));
    }

    /// <summary>Returns the number of files rewritten.</summary>
    public int Run()
    {
        var rewritten = 0;
        // Most of what the roll below has to flush is flushed here, while nobody waits.
        _files.Flush();
        lock (_files.Gate)
        {
            _files.CutTorn();
            if (_files.Active.Length > RollBytes)
                _files.Roll();
            else
                rewritten += Erase(_files.Active, appended: true);
        }
        foreach (var file in _files.ClosedFiles())
            rewritten += Erase(file, appended: false);
        // Even when nothing was found: an earlier call may have failed right here.
        _files.Disk.FlushDirectory(_files.Directory);
        return rewritten;
    }

    private int Erase(SessionFile file, bool appended)
    {
        if (!Holds(file))
            return 0;
        using var rewrite = new SessionFileRewrite(_files, file);
        rewrite.Write(keep: payload => !Names(payload));
        _beforeSwap(file, rewrite.Length);
        if (appended)
        {
            rewrite.Swap();
            return 1;
        }
        lock (_files.Gate)
            rewrite.Swap();
        return 1;
    }

    private bool Holds(SessionFile file)
    {
        using var reader = SegmentReader.TryOpen(_files.Directory, file.Number)
            ?? throw new IOException($"'{file.Path}' vanished.");
        while (reader.Offset < file.Length)
        {
            if (reader.Read(out var payload) != SegmentRead.Record)
                throw reader.Damaged("a record does not match its checksum; open the store again to have it dropped");
            if (Names(payload))
                return true;
        }
        return false;
    }

    private bool Names(byte[] payload) =>
        SessionRecord.IdOf(payload, out var id)
        && _hashes.Contains(_files.Hash(id))
        && _ids.Contains(ByteWriter.StrictUtf8.GetString(id));
}
