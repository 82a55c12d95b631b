using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Writes a session file anew beside itself, without some of its records. One use.</summary>
internal sealed class SessionFileRewrite(SessionFiles files, SessionFile file) : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly string _temporary = file.Path + StorageFilesExtensions.TemporarySuffix;
    private readonly List<(ulong Hash, uint From, long To)> _moves = [];
    private readonly ByteWriter _buffer = new(BufferBytes);
    private IStorageFile? _writing;
    private SessionFile? _written;

    public long Length { get; private set; }

    /// <summary>Writes and flushes the records that are kept; damaged ones are passed over.</summary>
    public void Write(Func<byte[], bool> keep)
    {
        files.Disk.Delete(_temporary);
        _writing = files.Disk.Open(_temporary);
        var header = new byte[SegmentFormat.HeaderBytes];
        SegmentFormat.WriteHeader(header, file.Number);
        _buffer.Bytes(header);
        using var reader = SegmentReader.TryOpen(files.Directory, file.Number)
            ?? throw new IOException($"'{file.Path}' vanished.");
        while (reader.Offset < file.Length)
        {
            var offset = reader.Offset;
            var found = reader.Read(out var payload);
            if (found == SegmentRead.Record)
                Add(offset, payload, keep(payload));
            else if (found == SegmentRead.End || !reader.PassDamage())
                break;
        }
        Drain();
        _writing.Flush();
        // Opened before the rename, so that nothing can fail between the rename and the store's knowing of it.
        _written = new SessionFile(file.Path, file.Number, Length, _writing, _temporary);
        _writing = null;
    }

    /// <summary>Renames the new file over the old one. Needs the store's gate.</summary>
    public void Swap()
    {
        files.Disk.Rename(_temporary, file.Path);
        files.Replace(file, _written!, _moves);
        _written = null;
        files.Disk.FlushDirectory(files.Directory);
    }

    public void Dispose()
    {
        if (_writing is null && _written is null)
            return;
        _writing?.Dispose();
        _written?.Release();
        files.Disk.Delete(_temporary);
    }

    private void Add(long from, byte[] payload, bool keep)
    {
        SessionRecord.IdOf(payload, out var id);
        _moves.Add((files.Hash(id), (uint)from, keep ? Length + _buffer.Length : -1));
        if (!keep)
            return;
        var record = new byte[SegmentFormat.RecordHeaderBytes + payload.Length];
        SegmentFormat.WriteRecord(record, file.Number, payload, flushedTo: 0);
        _buffer.Bytes(record);
        if (_buffer.Length >= BufferBytes)
            Drain();
    }

    private void Drain()
    {
        _writing!.Write(_buffer.Written, Length);
        Length += _buffer.Length;
        _buffer.Clear();
    }
}
