using System.Buffers.Binary;
using System.Text;

namespace Recs.Engine.Storage;

/// <summary>A growing buffer of little-endian numbers, varints (LEB128) and length-prefixed UTF-8. Not thread-safe.</summary>
internal sealed class ByteWriter(int capacity = 256)
{
    /// <summary>UTF-8 that refuses unpaired surrogates, in both directions.</summary>
    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Begins anew in the same buffer.</summary>
    public void Clear() => Length = 0;

    public byte[] ToArray() => Written.ToArray();

    public void Byte(byte value) => Grow(1)[0] = value;

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Grow(sizeof(uint)), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Grow(sizeof(long)), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Grow(sizeof(ulong)), value);

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Grow(sizeof(double)), value);

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }
        Byte((byte)value);
    }

    /// <summary>Small magnitudes of either sign take few bytes.</summary>
    public void ZigZag(long value) => Varint((ulong)(value << 1 ^ value >> 63));

    /// <summary>Throws <see cref="RecommenderException"/> for a text with an unpaired surrogate: it would not come back as it was.</summary>
    public void Text(string text)
    {
        try
        {
            var length = StrictUtf8.GetByteCount(text);
            Varint((ulong)length);
            StrictUtf8.GetBytes(text, Grow(length));
        }
        catch (EncoderFallbackException)
        {
            throw RecommenderException.Invalid("text", text, "well-formed Unicode, without an unpaired surrogate");
        }
    }

    private Span<byte> Grow(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(checked(_bytes.Length * 2), checked(Length + count)));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
