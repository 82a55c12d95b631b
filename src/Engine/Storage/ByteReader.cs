using System.Buffers.Binary;
using System.Text;

namespace Recs.Engine.Storage;

/// <summary>
/// Reads what <see cref="ByteWriter"/> wrote, trusting nothing: every length is checked against the bytes that are
/// left before anything is allocated. All failures are <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public byte Byte() => Take(1)[0];

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Remaining)
            throw Damaged($"{count} bytes expected, {Remaining} left");
        var span = _bytes.Slice(Position, count);
        Position += count;
        return span;
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            if (shift == 63 && b > 1)
                break;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
        throw Damaged("a number is longer than 64 bits");
    }

    public long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A varint that may not be above <paramref name="max"/>.</summary>
    public long Bounded(long max, string what)
    {
        var value = Varint();
        return value <= (ulong)max ? (long)value : throw Damaged($"{what} {value} is above {max}");
    }

    /// <summary>A number of elements, each of which takes at least <paramref name="leastBytes"/> of what is left.</summary>
    public int Count(int max, int leastBytes, string what) =>
        (int)Bounded(Math.Min(max, Remaining / leastBytes), $"the number of {what}");

    public ReadOnlySpan<byte> Blob() => Take((int)Bounded(Remaining, "a length"));

    public string Text()
    {
        try
        {
            return ByteWriter.StrictUtf8.GetString(Blob());
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("a text is not UTF-8");
        }
    }

    public readonly void End()
    {
        if (Remaining > 0)
            throw Damaged($"{Remaining} bytes too many");
    }

    public readonly InvalidDataException Damaged(string what) => new($"Damaged at byte {Position}: {what}.");
}
