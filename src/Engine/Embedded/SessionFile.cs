using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// One file of the session store: a segment (see <see cref="SegmentFormat"/>) whose base ordinal is the file's number
/// and whose payloads are an id and a session. Readers hold a reference while they read, so that a file may be
/// replaced or deleted under them.
/// </summary>
internal sealed class SessionFile
{
    private readonly SafeFileHandle _reading;
    private readonly IStorageFile? _writing;
    private int _references = 1;

    /// <param name="path">The file.</param>
    /// <param name="number">Its number.</param>
    /// <param name="length">Bytes up to the end of the last record.</param>
    /// <param name="writing">For the file that takes new records.</param>
    /// <param name="currentPath">Where it lies until it is renamed to <paramref name="path"/>, when that is still to come.</param>
    public SessionFile(string path, uint number, long length, IStorageFile? writing, string? currentPath = null)
    {
        Path = path;
        Number = number;
        Length = length;
        _writing = writing;
        _reading = DiskFiles.OpenForReading(currentPath ?? path);
    }

    public string Path { get; }

    public uint Number { get; }

    public long Length { get; set; }

    /// <summary>Bytes of records that the index points to.</summary>
    public long LiveBytes { get; set; }

    public long StaleBytes => Length - SegmentFormat.HeaderBytes - LiveBytes;

    public IStorageFile Writing => _writing ?? throw new InvalidOperationException($"'{Path}' is not open for writing.");

    /// <summary>Only under the store's lock, while the store holds the file.</summary>
    public void Hold() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        _reading.Dispose();
        _writing?.Dispose();
    }

    /// <summary>True when the record at the place is of this id.</summary>
    public bool IsOf(SessionIndex.Entry at, ReadOnlySpan<byte> id)
    {
        if (at.Length < SegmentFormat.RecordHeaderBytes + sizeof(ushort) + id.Length)
            return false;
        var buffer = ArrayPool<byte>.Shared.Rent(sizeof(ushort) + id.Length);
        try
        {
            var bytes = buffer.AsSpan(0, sizeof(ushort) + id.Length);
            ReadExactly(bytes, at.Offset + SegmentFormat.RecordHeaderBytes);
            return SessionRecord.IdOf(bytes, out var found) && found.SequenceEqual(id);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Reads the record at the place and calls back with its id and session; throws <see cref="InvalidDataException"/>
    /// with file and offset when it does not match its checksums.
    /// </summary>
    public T Read<T>(SessionIndex.Entry at, SessionRecord.Use<T> use)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)at.Length);
        try
        {
            var bytes = buffer.AsSpan(0, (int)at.Length);
            ReadExactly(bytes, at.Offset);
            var payload = bytes[SegmentFormat.RecordHeaderBytes..];
            if (!SegmentFormat.TryReadRecordHeader(bytes, Number, out var header)
                || header.Length != payload.Length
                || header.PayloadChecksum != Crc32C.Compute(payload)
                || !SessionRecord.IdOf(payload, out var id))
            {
                throw new InvalidDataException($"'{Path}' is damaged at offset {at.Offset}: the record does not match its checksum.");
            }
            return use(id, payload[(sizeof(ushort) + id.Length)..]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ReadExactly(Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var read = RandomAccess.Read(_reading, bytes, offset);
            if (read == 0)
                throw new InvalidDataException($"'{Path}' is damaged at offset {offset}: it ends there.");
            bytes = bytes[read..];
            offset += read;
        }
    }
}
