using Microsoft.Win32.SafeHandles;
using Recs.Engine.Storage;

namespace Recs.Engine.Events;

internal enum SegmentRead
{
    Record,

    /// <summary>The file ends with the last record.</summary>
    End,

    /// <summary>There are bytes that are no whole record.</summary>
    Broken,
}

/// <summary>
/// Reads one segment from its beginning, or from a record whose place is known, while it may be appended to, renamed over or deleted. Not thread-safe.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private const int WindowBytes = 256 << 10;

    private readonly SafeFileHandle _file;
    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowStart;
    private int _windowLength;

    private SegmentReader(SafeFileHandle file, string path, long baseOrdinal)
    {
        _file = file;
        Path = path;
        BaseOrdinal = NextOrdinal = baseOrdinal;
    }

    public string Path { get; }

    public long BaseOrdinal { get; }

    /// <summary>Ordinal of the record at <see cref="Offset"/>.</summary>
    public long NextOrdinal { get; private set; }

    /// <summary>Where the next record begins.</summary>
    public long Offset { get; private set; } = SegmentFormat.HeaderBytes;

    public long FileLength => RandomAccess.GetLength(_file);

    /// <summary>
    /// Null when the file is gone. Throws <see cref="InvalidDataException"/> for a bad header: a segment gets its name
    /// only after its header is on disk.
    /// </summary>
    public static SegmentReader? TryOpen(string directory, long baseOrdinal)
    {
        var path = System.IO.Path.Combine(directory, SegmentFormat.FileName(baseOrdinal));
        SafeFileHandle file;
        try
        {
            file = DiskFiles.OpenForReading(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        var reader = new SegmentReader(file, path, baseOrdinal);
        try
        {
            reader.Peek(0, SegmentFormat.HeaderBytes, out var header);
            SegmentFormat.CheckHeader(header, baseOrdinal, path);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Goes on at a record that begins there.</summary>
    public void Seek(SegmentMark mark) => (NextOrdinal, Offset) = (mark.Ordinal, mark.Offset);

    /// <summary>The next record's payload, as a fresh array.</summary>
    public SegmentRead Read(out byte[] payload)
    {
        var found = Next(copy: true, out var bytes);
        payload = bytes ?? [];
        return found;
    }

    /// <summary>Checks the next record and passes it.</summary>
    public SegmentRead Skip() => Next(copy: false, out _);

    private SegmentRead Next(bool copy, out byte[]? payload)
    {
        var found = Try(Offset, copy, out var header, out payload);
        if (found == SegmentRead.Broken)
        {
            // The window may hold the beginning of a record that has been completed since.
            _windowLength = 0;
            found = Try(Offset, copy, out header, out payload);
        }
        if (found == SegmentRead.Record)
        {
            Offset += SegmentFormat.RecordHeaderBytes + header.Length;
            NextOrdinal++;
        }
        return found;
    }

    /// <summary>
    /// True when bytes from <see cref="Offset"/> on, which are no record, had been flushed: a whole record behind them
    /// says so. Then they are damage. False when they are what a crash leaves of writes not yet flushed.
    /// </summary>
    public bool IsDamage()
    {
        var broken = Offset;
        for (var at = RecordBehind(broken, out var header); at >= 0; at = RecordBehind(at, out header))
        {
            if (header.FlushedTo > broken && header.FlushedTo <= at)
            {
                // A writer at work may have completed it between the two looks.
                _windowLength = 0;
                return Try(broken, copy: false, out _, out _) == SegmentRead.Broken;
            }
        }
        return false;
    }

    /// <summary>Moves to the next whole record behind what is broken at <see cref="Offset"/>; false when there is none.</summary>
    public bool PassDamage()
    {
        var next = RecordBehind(Offset, out _);
        if (next < 0)
            return false;
        Offset = next;
        return true;
    }

    /// <summary>Offset of the first whole record that begins past <paramref name="offset"/>; negative when there is none.</summary>
    private long RecordBehind(long offset, out RecordHeader header)
    {
        _windowLength = 0;
        var end = FileLength;
        // Where a sound header stands the next record's place is known even if the payload is broken.
        Try(offset, copy: false, out header, out _);
        var jump = offset + SegmentFormat.RecordHeaderBytes + header.Length;
        for (var at = header != default && jump <= end ? jump : offset + 1; at + SegmentFormat.RecordHeaderBytes <= end; at++)
            if (Try(at, copy: false, out header, out _) == SegmentRead.Record)
                return at;
        return -1;
    }

    /// <summary>The file's own bytes from its beginning up to <see cref="Offset"/>: header and whole records.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> PassedBytes()
    {
        var buffer = new byte[WindowBytes];
        for (long at = 0; at < Offset;)
        {
            var read = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, Offset - at)), at);
            if (read == 0)
                throw new InvalidDataException($"'{Path}' is damaged at offset {at}: it ends there.");
            at += read;
            yield return buffer.AsMemory(0, read);
        }
    }

    public InvalidDataException Damaged(string what) => new($"'{Path}' is damaged at offset {Offset}: {what}.");

    public void Dispose() => _file.Dispose();

    // A broken record with a sound header leaves its header in 'header'; with an unsound one the length there is 0.
    private SegmentRead Try(long offset, bool copy, out RecordHeader header, out byte[]? payload)
    {
        header = default;
        payload = null;
        var available = Peek(offset, SegmentFormat.RecordHeaderBytes, out var bytes);
        if (available == 0)
            return SegmentRead.End;
        if (available < SegmentFormat.RecordHeaderBytes)
            return SegmentRead.Broken;
        if (!SegmentFormat.TryReadRecordHeader(bytes, BaseOrdinal, out var found))
            return SegmentRead.Broken;
        header = found;
        var begin = offset + SegmentFormat.RecordHeaderBytes;
        if (begin + header.Length > FileLength)
            return SegmentRead.Broken;
        if (!copy)
            return Checksum(begin, (int)header.Length) == header.PayloadChecksum ? SegmentRead.Record : SegmentRead.Broken;
        payload = new byte[header.Length];
        return Fill(payload, begin) && Crc32C.Compute(payload) == header.PayloadChecksum
            ? SegmentRead.Record
            : SegmentRead.Broken;
    }

    private bool Fill(Span<byte> to, long offset)
    {
        while (!to.IsEmpty)
        {
            var read = Peek(offset, Math.Min(to.Length, WindowBytes), out var bytes);
            if (read == 0)
                return false;
            bytes.CopyTo(to);
            to = to[read..];
            offset += read;
        }
        return true;
    }

    private uint? Checksum(long offset, int length)
    {
        var state = uint.MaxValue;
        while (length > 0)
        {
            var read = Peek(offset, Math.Min(length, WindowBytes), out var bytes);
            if (read == 0)
                return null;
            state = Crc32C.Append(state, bytes);
            offset += read;
            length -= read;
        }
        return ~state;
    }

    /// <summary>Up to <paramref name="count"/> bytes at the offset, fewer only at the end of the file.</summary>
    private int Peek(long offset, int count, out ReadOnlySpan<byte> bytes)
    {
        if (offset < _windowStart || offset + count > _windowStart + _windowLength)
        {
            _windowStart = offset;
            _windowLength = 0;
            while (_windowLength < WindowBytes)
            {
                var read = RandomAccess.Read(_file, _window.AsSpan(_windowLength), offset + _windowLength);
                if (read == 0)
                    break;
                _windowLength += read;
            }
        }
        var available = (int)Math.Min(count, Math.Max(0, _windowStart + _windowLength - offset));
        bytes = _window.AsSpan((int)(offset - _windowStart), available);
        return available;
    }
}
