using System.Buffers.Binary;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Writes protocol buffers. Not thread-safe.</summary>
internal sealed class ProtoWriter
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public void Varint(int field, long value)
    {
        Raw((ulong)field << 3);
        Raw((ulong)value);
    }

    public void Float(int field, float value)
    {
        Raw((ulong)field << 3 | 5);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw((ulong)field << 3 | 2);
        Raw((ulong)value.Length);
        _bytes.Write(value);
    }

    public void Text(int field, string value) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(value));

    public void Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        Bytes(field, inner._bytes.GetBuffer().AsSpan(0, (int)inner._bytes.Length));
    }

    private void Raw(ulong value)
    {
        for (; value >= 128; value >>= 7)
            _bytes.WriteByte((byte)(value | 128));
        _bytes.WriteByte((byte)value);
    }
}
