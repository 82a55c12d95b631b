using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Recs.Engine.Sessions;

/// <summary>Bytes of a session, into a rented buffer. Numbers are little-endian, varints LEB128, signed ones zigzag.</summary>
internal struct SessionWriter() : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Byte(byte value) => Room(1)[0] = value;

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);

    public void Single(float value) => BinaryPrimitives.WriteSingleLittleEndian(Room(4), value);

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Room(8), value);

    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Count(int value) => Varint((ulong)value);

    public void Signed(long value) => Varint((ulong)(value << 1 ^ value >> 63));

    /// <summary>Length in bytes, then UTF-8.</summary>
    public void Text(ReadOnlySpan<char> text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Count(bytes);
        Utf8(text, bytes);
    }

    /// <summary>
    /// What the text shares with the one before it, then the rest: one byte with both lengths when each is below 15, the
    /// byte 255 and two varints when not. Shared characters are UTF-16 units, the rest UTF-8 bytes.
    /// </summary>
    public void Text(ReadOnlySpan<char> text, ReadOnlySpan<char> before)
    {
        var shared = text.CommonPrefixLength(before);
        // A surrogate pair is not cut in two: half of one has no UTF-8.
        if (shared > 0 && char.IsHighSurrogate(text[shared - 1]))
            shared--;
        var rest = text[shared..];
        var bytes = Encoding.UTF8.GetByteCount(rest);
        if (shared < 15 && bytes < 15)
        {
            Byte((byte)(shared << 4 | bytes));
        }
        else
        {
            Byte(byte.MaxValue);
            Count(shared);
            Count(bytes);
        }

        Utf8(rest, bytes);
    }

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Utf8(ReadOnlySpan<char> text, int bytes) => Encoding.UTF8.GetBytes(text, Room(bytes));

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _buffer.Length)
        {
            var longer = ArrayPool<byte>.Shared.Rent(Math.Max(_length + bytes, _buffer.Length * 2));
            Written.CopyTo(longer);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = longer;
        }

        var room = _buffer.AsSpan(_length, bytes);
        _length += bytes;
        return room;
    }
}
