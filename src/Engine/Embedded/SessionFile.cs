using Microsoft.Win32.SafeHandles;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>One append-only file of the session store. Not thread-safe.</summary>
internal sealed class SessionFile : IDisposable
{
    private readonly IStorageFile _writer;
    private readonly SafeFileHandle _reader;

    public SessionFile(IStorageFiles files, string path, int number)
    {
        Path = path;
        Number = number;
        _writer = files.Open(path);
        _reader = DiskFiles.OpenForReading(path);
        Length = _writer.Length;
    }

    public string Path { get; }

    public int Number { get; }

    /// <summary>Bytes up to the end of the last whole record; what a failed write left beyond it is written over.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of records that the index points to.</summary>
    public long LiveBytes { get; set; }

    public bool Unflushed { get; private set; }

    public long Append(ReadOnlySpan<byte> record)
    {
        var offset = Length;
        _writer.Write(record, offset);
        Unflushed = true;
        Length += record.Length;
        return offset;
    }

    public void Flush()
    {
        if (!Unflushed)
            return;
        _writer.Flush();
        Unflushed = false;
    }

    public void Cut(long length)
    {
        _writer.Truncate(length);
        Length = length;
    }

    /// <summary>The bytes of a record; throws <see cref="InvalidDataException"/> when they are not what was written.</summary>
    public byte[] Read(long offset, int length)
    {
        var record = new byte[length];
        if (ReadAt(record, offset) < length)
            throw new InvalidDataException($"'{Path}' ends inside the record at {offset}.");
        return record;
    }

    /// <summary>All records in order. A body whose checksum fails comes as not intact; a tail that is no record ends the sequence.</summary>
    public IEnumerable<ScannedRecord> Scan()
    {
        const int Window = 1 << 20;
        var buffer = new byte[Window];
        long start = 0, filled = 0, at = 0;
        while (true)
        {
            if (at + SessionRecord.HeaderBytes > Length)
                yield break;
            if (!Covers(SessionRecord.HeaderBytes))
                Fill(SessionRecord.HeaderBytes);
            var body = SessionRecord.BodyLength(buffer.AsSpan((int)(at - start)));
            if (body < 0 || at + SessionRecord.HeaderBytes + body > Length)
                yield break;
            var length = SessionRecord.HeaderBytes + body;
            if (!Covers(length))
                Fill(length);
            yield return new ScannedRecord(at, new ReadOnlyMemory<byte>(buffer, (int)(at - start), length));
            at += length;
        }

        bool Covers(int length) => at >= start && at + length <= start + filled;

        void Fill(int length)
        {
            if (length > buffer.Length)
                buffer = new byte[length];
            start = at;
            filled = ReadAt(buffer, at);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
    }

    private int ReadAt(Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length && RandomAccess.Read(_reader, buffer[total..], offset + total) is var read and > 0)
            total += read;
        return total;
    }
}

/// <param name="Offset">Where it stands.</param>
/// <param name="Bytes">Header and body; valid until the next record is asked for.</param>
internal readonly record struct ScannedRecord(long Offset, ReadOnlyMemory<byte> Bytes)
{
    public ReadOnlySpan<byte> Header => Bytes.Span[..SessionRecord.HeaderBytes];

    public ReadOnlySpan<byte> Body => Bytes.Span[SessionRecord.HeaderBytes..];
}
