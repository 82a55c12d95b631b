using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// The files of a session store and the index over them. Thread-safe: a short lock around the index and the end of
/// the active file; sessions are read outside it.
/// </summary>
internal sealed class SessionFiles(string directory, SessionStoreSettings settings)
{
    private readonly Lock _gate = new();
    private readonly SessionIndex _index = new();
    private readonly SortedDictionary<uint, SessionFile> _files = [];
    private SessionFile? _active;
    private bool _torn;
    private bool _closed;

    public string Directory { get; } = directory;

    public IStorageFiles Disk { get; } = settings.Files;

    /// <summary>For maintenance that must exclude appends. Reading and appending take it for microseconds.</summary>
    public Lock Gate => _gate;

    public SessionFile Active => _active!;

    public long Count
    {
        get
        {
            lock (_gate)
                return _index.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_gate)
                return _files.Values.Sum(file => file.Length);
        }
    }

    public ulong Hash(ReadOnlySpan<byte> id) => settings.Hash(id);

    public string PathOf(uint number) => Path.Combine(Directory, SegmentFormat.FileName(number));

    public byte[]? TryGet(byte[] id)
    {
        var hash = Hash(id);
        SessionIndex.Entry at;
        SessionFile file;
        lock (_gate)
        {
            CheckOpen();
            var slot = _index.First(hash);
            if (slot < 0)
                return null;
            // With two users of one hash there is no telling without reading; that is rare enough to do it here.
            if (_index.Next(slot) >= 0 && (slot = Find(hash, id)) < 0)
                return null;
            at = _index[slot];
            file = _files[at.File];
            file.Hold();
        }
        try
        {
            return file.Read(at, (found, session) => found.SequenceEqual(id) ? session.ToArray() : null);
        }
        finally
        {
            file.Release();
        }
    }

    public bool Contains(byte[] id)
    {
        lock (_gate)
        {
            CheckOpen();
            return Find(Hash(id), id) >= 0;
        }
    }

    public void Put(byte[] payload)
    {
        SessionRecord.IdOf(payload, out var id);
        var hash = Hash(id);
        lock (_gate)
        {
            CheckOpen();
            var at = Append(hash, payload);
            Point(Find(hash, id), at);
        }
    }

    /// <summary>Appends the payload again if the index still points to the place it was read from.</summary>
    public void Move(SessionFile from, long offset, byte[] payload)
    {
        SessionRecord.IdOf(payload, out var id);
        var hash = Hash(id);
        lock (_gate)
        {
            CheckOpen();
            if (_index.Find(hash, from.Number, (uint)offset) < 0)
                return;
            var at = Append(hash, payload);
            Point(_index.Find(hash, from.Number, (uint)offset), at);
        }
    }

    /// <summary>Makes all records durable; the active file and its length.</summary>
    public (uint File, long Length) Flush()
    {
        SessionFile file;
        long length;
        lock (_gate)
        {
            CheckOpen();
            file = Active;
            length = file.Length;
            file.Hold();
        }
        try
        {
            file.Writing.Flush();
            return (file.Number, length);
        }
        finally
        {
            file.Release();
        }
    }

    public uint[] Numbers()
    {
        lock (_gate)
            return [.. _files.Keys];
    }

    /// <summary>Files other than the active one.</summary>
    public List<SessionFile> ClosedFiles()
    {
        lock (_gate)
            return [.. _files.Values.Where(file => file != _active)];
    }

    /// <summary>Files worth compacting when more than half of all is stale, closing the active one if it is among them; else none.</summary>
    public List<SessionFile> StaleFiles()
    {
        lock (_gate)
        {
            CheckOpen();
            var stale = _files.Values.Sum(file => file.StaleBytes);
            if (stale * 2 <= _files.Values.Sum(file => file.Length - SegmentFormat.HeaderBytes))
                return [];
            if (Active.StaleBytes > 0)
                Roll();
            return [.. _files.Values.Where(file => file != _active && file.StaleBytes > 0)];
        }
    }

    public void Drop(IReadOnlyList<SessionFile> files)
    {
        lock (_gate)
        {
            foreach (var file in files)
            {
                Disk.Delete(file.Path);
                _files.Remove(file.Number);
                file.Release();
            }
            Disk.FlushDirectory(Directory);
        }
    }

    /// <summary>Takes a file up; the caller then lets the index know its records.</summary>
    public void Adopt(SessionFile file) => _files.Add(file.Number, file);

    /// <summary>The index learns of a record, newer than all before. Only while opening.</summary>
    public void Learn(SessionFile file, long offset, byte[] payload)
    {
        SessionRecord.IdOf(payload, out var id);
        var hash = Hash(id);
        var at = new SessionIndex.Entry(hash, file.Number, (uint)offset, (uint)(SegmentFormat.RecordHeaderBytes + payload.Length));
        file.LiveBytes += at.Length;
        Point(Find(hash, id), at);
    }

    /// <summary>Makes a file that is held the active one, or begins a new one.</summary>
    public void Activate(SessionFile? file)
    {
        if (file is null)
            Roll();
        else
            _active = file;
    }

    /// <summary>Puts a rewritten file in place of another. Needs <see cref="Gate"/>.</summary>
    /// <param name="old">The file that goes.</param>
    /// <param name="file">The one that comes, under the same number.</param>
    /// <param name="moves">Each record of the old one: its hash, its place and its new place, negative when it is gone.</param>
    public void Replace(SessionFile old, SessionFile file, List<(ulong Hash, uint From, long To)> moves)
    {
        foreach (var (hash, from, to) in moves)
        {
            var slot = _index.Find(hash, old.Number, from);
            if (slot < 0)
                continue;
            if (to < 0)
            {
                _index.RemoveAt(slot);
                continue;
            }
            _index[slot].Offset = (uint)to;
            file.LiveBytes += _index[slot].Length;
        }
        _files[old.Number] = file;
        if (_active == old)
            _active = file;
        old.Release();
    }

    public IEnumerable<string> UserIds()
    {
        SessionIndex.Entry[] entries;
        Dictionary<uint, SessionFile> files;
        lock (_gate)
        {
            CheckOpen();
            entries = _index.Snapshot();
            files = new Dictionary<uint, SessionFile>(_files);
            foreach (var file in files.Values)
                file.Hold();
        }
        try
        {
            Array.Sort(entries, (a, b) => (a.File, a.Offset).CompareTo((b.File, b.Offset)));
            foreach (var entry in entries)
                yield return files[entry.File].Read(entry, (id, _) => ByteWriter.StrictUtf8.GetString(id));
        }
        finally
        {
            foreach (var file in files.Values)
                file.Release();
        }
    }

    /// <summary>Takes away what a failed write left behind the last record. Needs <see cref="Gate"/>.</summary>
    public void CutTorn()
    {
        if (!_torn)
            return;
        Active.Writing.Truncate(Active.Length);
        _torn = false;
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            try
            {
                _active?.Writing.Flush();
            }
            finally
            {
                foreach (var file in _files.Values)
                    file.Release();
            }
        }
    }

    private SessionIndex.Entry Append(ulong hash, byte[] payload)
    {
        var length = SegmentFormat.RecordHeaderBytes + payload.Length;
        CutTorn();
        if (Active.Length + length > settings.FileBytes && Active.Length > SegmentFormat.HeaderBytes)
            Roll();
        var file = Active;
        var record = new byte[length];
        SegmentFormat.WriteRecord(record, file.Number, payload, flushedTo: 0);
        _torn = true;
        try
        {
            file.Writing.Write(record, file.Length);
            _torn = false;
        }
        catch (Exception problem) when (problem.IsStorageFailure())
        {
            CutTorn();
            throw;
        }
        var at = new SessionIndex.Entry(hash, file.Number, (uint)file.Length, (uint)length);
        file.Length += length;
        file.LiveBytes += length;
        return at;
    }

    private void Point(int slot, SessionIndex.Entry at)
    {
        if (slot < 0)
        {
            _index.Add(at);
            return;
        }
        _files[_index[slot].File].LiveBytes -= _index[slot].Length;
        _index[slot] = at;
    }

    /// <summary>The slot of the user, told from others of the same hash by the ids on disk.</summary>
    private int Find(ulong hash, ReadOnlySpan<byte> id)
    {
        var slot = _index.First(hash);
        while (slot >= 0 && !_files[_index[slot].File].IsOf(_index[slot], id))
            slot = _index.Next(slot);
        return slot;
    }

    /// <summary>Begins a new active file. The old one is flushed first, so that only the last file can have a torn tail. Needs <see cref="Gate"/>.</summary>
    public void Roll()
    {
        _active?.Writing.Flush();
        var number = _files.Count == 0 ? 1 : _files.Keys.Max() + 1;
        var writing = SegmentSet.Create(Disk, Directory, number);
        _active = new SessionFile(PathOf(number), number, SegmentFormat.HeaderBytes, writing);
        _files.Add(number, _active);
    }

    private void CheckOpen() => ObjectDisposedException.ThrowIf(_closed, typeof(SessionStore));
}
