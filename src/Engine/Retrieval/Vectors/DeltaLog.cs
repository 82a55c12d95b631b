using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Recs.Engine.Storage;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Writes since a snapshot, one record each: length 4, CRC-32C 4, then kind 1 (1 put, 2 removed), item 4 and, of a put,
/// the values. One writer. docs/index-format.md.
/// </summary>
internal sealed class DeltaLog : IDisposable
{
    private const string Magic = "RECSVECD";

    private const int HeaderBytes = 20, RecordHeaderBytes = 8;

    private readonly FileStream _file;
    private readonly byte[] _record;

    private DeltaLog(FileStream file, int dimension) => (_file, _record) = (file, new byte[RecordHeaderBytes + 5 + 4 * dimension]);

    public long Bytes => _file.Position;

    public static DeltaLog Create(string path, int dimension)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        file.Write(Header(dimension));
        file.Flush(flushToDisk: true);
        return new DeltaLog(file, dimension);
    }

    /// <summary>
    /// Applies every whole record and goes on behind the last. What a crash tore off at the end is cut away: it was never
    /// acknowledged as flushed. Damage before the end throws <see cref="InvalidDataException"/> with the offset.
    /// </summary>
    public static DeltaLog Open(string path, int dimension, Action<int, ReadOnlyMemory<float>> apply)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        try
        {
            var log = new DeltaLog(file, dimension);
            file.SetLength(log.Replay(path, dimension, apply));
            file.Position = file.Length;
            return log;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Put(int item, ReadOnlySpan<float> vector)
    {
        _record[RecordHeaderBytes] = 1;
        MemoryMarshal.AsBytes(vector).CopyTo(_record.AsSpan(RecordHeaderBytes + 5));
        Append(item, 5 + 4 * vector.Length);
    }

    public void Remove(int item)
    {
        _record[RecordHeaderBytes] = 2;
        Append(item, 5);
    }

    public void Flush() => _file.Flush(flushToDisk: true);

    public void Dispose() => _file.Dispose();

    private static byte[] Header(int dimension)
    {
        var header = new byte[HeaderBytes];
        Encoding.ASCII.GetBytes(Magic, header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), SnapshotFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), dimension);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32C.Compute(header.AsSpan(0, 16)));
        return header;
    }

    private void Append(int item, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_record.AsSpan(RecordHeaderBytes + 1), item);
        BinaryPrimitives.WriteInt32LittleEndian(_record, length);
        BinaryPrimitives.WriteUInt32LittleEndian(_record.AsSpan(4), Crc32C.Compute(_record.AsSpan(RecordHeaderBytes, length)));
        _file.Write(_record, 0, RecordHeaderBytes + length);
    }

    private long Replay(string path, int dimension, Action<int, ReadOnlyMemory<float>> apply)
    {
        InvalidDataException Bad(long offset, string what) => new($"'{path}' is damaged at offset {offset}: {what}.");
        var header = new byte[HeaderBytes];
        if (_file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.AsSpan().SequenceEqual(Header(dimension)))
            throw Bad(0, $"it does not begin as a version {SnapshotFormat.Version} log of {dimension} dimensions");
        var values = new float[dimension];
        for (long at = HeaderBytes; ;)
        {
            var left = _file.Length - at;
            if (left < RecordHeaderBytes)
                return at;
            _file.ReadExactly(_record, 0, RecordHeaderBytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(_record);
            if (length != 5 && length != 5 + 4 * dimension)
                return Torn(at) ? at : throw Bad(at, $"a record of {length} bytes; legal are 5 and {5 + 4 * dimension}");
            if (length > left - RecordHeaderBytes)
                return at;
            _file.ReadExactly(_record, RecordHeaderBytes, length);
            var payload = _record.AsSpan(RecordHeaderBytes, length);
            if (Crc32C.Compute(payload) != BinaryPrimitives.ReadUInt32LittleEndian(_record.AsSpan(4)))
                return at + RecordHeaderBytes + length == _file.Length ? at : throw Bad(at, "a record does not match its checksum");
            var item = BinaryPrimitives.ReadInt32LittleEndian(payload[1..]);
            if ((uint)item >= VectorIndex.MaxItems || payload[0] != (length == 5 ? 2 : 1))
                throw Bad(at, $"a record of kind {payload[0]} with {length} bytes for item {item}");
            payload[5..].CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
            apply(item, length == 5 ? ReadOnlyMemory<float>.Empty : values);
            at += RecordHeaderBytes + length;
        }
    }

    // A file system may have grown the file before the bytes arrived: zeros up to the end are a torn write.
    private bool Torn(long at)
    {
        _file.Position = at;
        for (var left = _file.Length - at; left > 0; left--)
        {
            if (_file.ReadByte() != 0)
                return false;
        }
        return true;
    }
}
