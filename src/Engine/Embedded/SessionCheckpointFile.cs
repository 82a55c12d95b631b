using System.Buffers.Binary;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// The file "checkpoint" of the session store, replaced whole: magic "RCSC" (4 bytes), format (4), next log ordinal (8),
/// state length (4), CRC-32C of all that and the state (4), the state. Little endian.
/// </summary>
internal static class SessionCheckpointFile
{
    private const uint Magic = 0x43534352;
    private const uint Format = 1;
    private const int HeaderBytes = 24;

    public static void Write(IStorageFiles files, string path, long nextOrdinal, ReadOnlySpan<byte> state)
    {
        var bytes = new byte[HeaderBytes + state.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Format);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), nextOrdinal);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), state.Length);
        state.CopyTo(bytes.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), Checksum(bytes));
        files.Replace(path, bytes);
    }

    /// <summary>(0, empty) when there is none. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static (long NextOrdinal, byte[] State) Read(string path)
    {
        if (!File.Exists(path))
            return (0, []);
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw new InvalidDataException($"'{path}' is no session checkpoint.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) is var format && format != Format)
            throw new InvalidDataException($"'{path}' has format {format}; this version reads {Format}.");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(16)) != bytes.Length - HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(20)) != Checksum(bytes))
        {
            throw new InvalidDataException($"'{path}' is damaged: its checksum does not hold. Remove the folder 'sessions' to replay the event log instead.");
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)), bytes[HeaderBytes..]);
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes) =>
        ~Crc32C.Append(Crc32C.Append(uint.MaxValue, bytes[..20]), bytes[HeaderBytes..]);
}
