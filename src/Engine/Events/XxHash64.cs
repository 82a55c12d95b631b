using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Recs.Engine.Events;

/// <summary>
/// The 64-bit xxHash with seed 0, from its public specification
/// (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Not for adversaries; stable across versions and
/// machines, because logs keep it.
/// </summary>
public static class XxHash64
{
    private const ulong P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9,
        P4 = 0x85EBCA77C2B2AE63, P5 = 0x27D4EB2F165667C5;

    /// <summary>Hash of a producer's event id: of its UTF-16 code units, little-endian. Never 0, which stands for "none".</summary>
    public static ulong OfEventId(string eventId)
    {
        ArgumentNullException.ThrowIfNull(eventId);
        var hash = BitConverter.IsLittleEndian
            ? Hash(MemoryMarshal.AsBytes(eventId.AsSpan()))
            : Hash(System.Text.Encoding.Unicode.GetBytes(eventId));
        return hash == 0 ? 1 : hash;
    }

    public static ulong Hash(ReadOnlySpan<byte> data)
    {
        var rest = data;
        ulong hash;
        if (data.Length >= 32)
        {
            var (a, b, c, d) = (unchecked(P1 + P2), P2, 0UL, unchecked(0 - P1));
            for (; rest.Length >= 32; rest = rest[32..])
            {
                a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
                c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]));
                d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(rest[24..]));
            }

            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7)
                + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
            hash = (hash ^ Round(0, a)) * P1 + P4;
            hash = (hash ^ Round(0, b)) * P1 + P4;
            hash = (hash ^ Round(0, c)) * P1 + P4;
            hash = (hash ^ Round(0, d)) * P1 + P4;
        }
        else
        {
            hash = P5;
        }

        hash += (ulong)data.Length;
        for (; rest.Length >= 8; rest = rest[8..])
            hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * P1 + P4;
        if (rest.Length >= 4)
        {
            hash = BitOperations.RotateLeft(hash ^ BinaryPrimitives.ReadUInt32LittleEndian(rest) * P1, 23) * P2 + P3;
            rest = rest[4..];
        }

        foreach (var b in rest)
            hash = BitOperations.RotateLeft(hash ^ b * P5, 11) * P1;
        hash = (hash ^ hash >> 33) * P2;
        hash = (hash ^ hash >> 29) * P3;
        return hash ^ hash >> 32;
    }

    private static ulong Round(ulong accumulator, ulong lane) =>
        BitOperations.RotateLeft(accumulator + lane * P2, 31) * P1;
}
