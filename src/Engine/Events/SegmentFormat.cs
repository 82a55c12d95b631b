using System.Buffers.Binary;
using System.Globalization;
using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>
/// Bytes of a segment file: a header of 32 bytes, then records of a 16-byte header and a payload. Layout, and what
/// dangles after a crash: docs/formats.md.
/// </summary>
internal static class SegmentFormat
{
    public const int HeaderBytes = 32;

    public const int RecordHeaderBytes = 16;

    public const uint Version = 1;

    private const string Extension = ".seg";

    private static ReadOnlySpan<byte> Magic => "RECSSEG\n"u8;

    /// <summary>The base ordinal in 20 digits, so that names sort by age.</summary>
    public static string FileName(long baseOrdinal) =>
        baseOrdinal.ToString("D20", CultureInfo.InvariantCulture) + Extension;

    /// <summary>Base ordinals of the segments in a directory, ascending; none when it is absent.</summary>
    public static long[] List(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var bases = new List<long>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Extension))
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                bases.Add(first);
        bases.Sort();
        return [.. bases];
    }

    public static void WriteHeader(Span<byte> header, long baseOrdinal)
    {
        header[..HeaderBytes].Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], baseOrdinal);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Compute(header[..28]));
    }

    /// <summary>
    /// Checks a segment's header; throws <see cref="InvalidDataException"/> naming the file and what is wrong, and
    /// <see cref="RecommenderException"/> (Conflict) for a sound one of another version.
    /// </summary>
    public static void CheckHeader(ReadOnlySpan<byte> header, long baseOrdinal, string path)
    {
        if (header.Length < HeaderBytes || !header[..Magic.Length].SequenceEqual(Magic))
            throw new InvalidDataException($"'{path}' is damaged at offset 0: it does not begin like a segment.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) != Crc32C.Compute(header[..28]))
            throw new InvalidDataException($"'{path}' is damaged at offset 0: its header's checksum does not match.");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (version != Version)
            throw new RecommenderException(
                RefusalKind.Conflict, $"'{path}' has segment format {version}; this version reads format {Version}.");
        var first = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        if (first != baseOrdinal)
            throw new InvalidDataException($"'{path}' begins with record {first}, not {baseOrdinal} as its name says.");
    }

    /// <summary>Writes a record; <paramref name="flushedTo"/> is the offset of this segment up to which all was on disk before.</summary>
    public static int WriteRecord(Span<byte> to, long baseOrdinal, ReadOnlySpan<byte> payload, long flushedTo)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], (uint)flushedTo);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], Crc32C.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], HeaderChecksum(to[..12], baseOrdinal));
        payload.CopyTo(to[RecordHeaderBytes..]);
        return RecordHeaderBytes + payload.Length;
    }

    public static bool TryReadRecordHeader(ReadOnlySpan<byte> bytes, long baseOrdinal, out RecordHeader header)
    {
        header = new RecordHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        return header.Length <= int.MaxValue
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) == HeaderChecksum(bytes[..12], baseOrdinal);
    }

    // The base ordinal is part of it, so that a record of another segment is not taken for one of this.
    private static uint HeaderChecksum(ReadOnlySpan<byte> fields, long baseOrdinal)
    {
        Span<byte> seed = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(seed, baseOrdinal);
        return ~Crc32C.Append(Crc32C.Append(uint.MaxValue, seed), fields);
    }
}

/// <param name="Length">Bytes of the payload.</param>
/// <param name="FlushedTo">Offset of the segment up to which all was on disk when this record was written.</param>
/// <param name="PayloadChecksum">CRC-32C of the payload.</param>
internal readonly record struct RecordHeader(uint Length, uint FlushedTo, uint PayloadChecksum);
