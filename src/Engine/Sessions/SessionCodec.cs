using System.Buffers.Binary;
using System.Numerics;

namespace Recs.Engine.Sessions;

/// <summary>
/// The session's own encoding: one versioned, checksummed blob with item ids and term texts, not numbers, so that it
/// can leave the process. The same session always gives the same bytes. Layout: docs/session-format.md. Thread-safe.
/// </summary>
public sealed class SessionCodec(ItemCatalog catalog)
{
    /// <summary>First byte of a blob.</summary>
    public const byte FormatVersion = 1;

    private const int ChecksumBytes = 4;

    public ItemCatalog Catalog { get; } = catalog;

    public byte[] Encode(UserSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        var writer = new SessionWriter();
        try
        {
            writer.Byte(FormatVersion);
            SessionLayout.Write(ref writer, session, Catalog);
            writer.UInt32(Crc32C(writer.Written));
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>
    /// Throws <see cref="InvalidDataException"/> naming what is wrong with a damaged blob; nothing is interned then.
    /// An item that the catalogue has no room for is a <see cref="RecommenderException"/> (TooLarge); a category or tag
    /// that it has no room for is left out.
    /// </summary>
    public UserSession Decode(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 1 + ChecksumBytes)
            throw new InvalidDataException($"A session of {blob.Length} bytes; the shortest has more than {ChecksumBytes}.");
        var content = blob[..^ChecksumBytes];
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(blob[^ChecksumBytes..]);
        if (checksum != Crc32C(content))
            throw new InvalidDataException($"A session's checksum was {checksum:x8}; its bytes say {Crc32C(content):x8}.");
        if (content[0] != FormatVersion)
            throw new InvalidDataException($"A session of format {content[0]}; this reads format {FormatVersion}.");
        var reader = new SessionReader(content[1..]);
        var session = SessionLayout.Read(ref reader, Catalog);
        return session;
    }

    /// <summary>CRC-32C (Castagnoli), as in RFC 3720.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        for (; data.Length >= 8; data = data[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var b in data)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
