using System.Buffers.Binary;
using System.Text;
using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// A record of the session store: body length (4 bytes), CRC-32C of the body (4), then the body: id length in bytes (2),
/// the id in UTF-8, the encoded session. Little endian.
/// </summary>
internal static class SessionRecord
{
    public const int HeaderBytes = 8;

    /// <summary>No session is larger: the caps of its lists are.</summary>
    public const int MaxBodyBytes = 64 << 20;

    public static byte[] Encode(ReadOnlySpan<byte> id, ReadOnlySpan<byte> blob)
    {
        var record = new byte[HeaderBytes + 2 + id.Length + blob.Length];
        var body = record.AsSpan(HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)id.Length);
        id.CopyTo(body[2..]);
        blob.CopyTo(body[(2 + id.Length)..]);
        BinaryPrimitives.WriteInt32LittleEndian(record, body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Crc32C.Compute(body));
        return record;
    }

    /// <summary>Length of the body that a header announces; -1 when it cannot be one.</summary>
    public static int BodyLength(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadInt32LittleEndian(header) is var length and >= 2 and <= MaxBodyBytes ? length : -1;

    /// <summary>False when the checksum or the id's length does not hold.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> blob)
    {
        id = blob = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != Crc32C.Compute(body))
            return false;
        var idLength = BinaryPrimitives.ReadUInt16LittleEndian(body);
        if (2 + idLength > body.Length)
            return false;
        id = body.Slice(2, idLength);
        blob = body[(2 + idLength)..];
        return true;
    }

    public static byte[] IdBytes(string id) => Encoding.UTF8.GetBytes(id);

    public static ulong HashOf(ReadOnlySpan<byte> id) => XxHash64.Hash(id);
}
