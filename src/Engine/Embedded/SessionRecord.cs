using System.Buffers.Binary;
using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>Payload of a record of the session store: length of the id (u16), the id in UTF-8, the encoded session.</summary>
internal static class SessionRecord
{
    internal delegate T Use<out T>(ReadOnlySpan<byte> id, ReadOnlySpan<byte> session);

    public static int Bytes(int idLength, int sessionLength) =>
        checked(SegmentFormat.RecordHeaderBytes + sizeof(ushort) + idLength + sessionLength);

    /// <summary>Throws <see cref="RecommenderException"/> for an id that is no Unicode or longer than 65,535 bytes.</summary>
    public static byte[] IdBytes(string userId)
    {
        try
        {
            var bytes = ByteWriter.StrictUtf8.GetBytes(userId);
            if (bytes.Length <= ushort.MaxValue)
                return bytes;
        }
        catch (System.Text.EncoderFallbackException)
        {
            // Refused below.
        }
        throw RecommenderException.Invalid("userId", userId, $"well-formed Unicode of at most {Limits.MaxIdLength} characters");
    }

    public static byte[] Payload(ReadOnlySpan<byte> id, ReadOnlySpan<byte> session)
    {
        var payload = new byte[sizeof(ushort) + id.Length + session.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)id.Length);
        id.CopyTo(payload.AsSpan(sizeof(ushort)));
        session.CopyTo(payload.AsSpan(sizeof(ushort) + id.Length));
        return payload;
    }

    public static bool IdOf(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> id)
    {
        id = default;
        if (payload.Length < sizeof(ushort))
            return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(payload);
        if (payload.Length < sizeof(ushort) + length)
            return false;
        id = payload.Slice(sizeof(ushort), length);
        return true;
    }
}
