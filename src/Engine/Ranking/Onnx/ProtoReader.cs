using System.Buffers.Binary;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>
/// Reads protocol buffers field by field, never past the end of its bytes: whatever they hold, it stops or throws
/// <see cref="InvalidDataException"/>, and allocates nothing.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private int _wire;

    public int Field { get; private set; }

    public readonly bool IsPacked => _wire == 2;

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = Raw();
        (Field, _wire) = ((int)(tag >> 3 & 0x1FFFFFFF), (int)(tag & 7));
        if (Field == 0 || _wire is not (0 or 1 or 2 or 5))
            throw new InvalidDataException($"ONNX: field {Field} has wire type {_wire}.");
        return true;
    }

    public long Varint()
    {
        Expect(0);
        return (long)Raw();
    }

    public float Float()
    {
        Expect(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public ReadOnlySpan<byte> Bytes()
    {
        Expect(2);
        var length = Raw();
        return length <= (ulong)_rest.Length
            ? Take((int)length)
            : throw new InvalidDataException($"ONNX: a field of {length} bytes where {_rest.Length} are left.");
    }

    public string Text()
    {
        var bytes = Bytes();
        return bytes.Length <= 65_536
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : throw new InvalidDataException($"ONNX: a text of {bytes.Length} bytes; legal is up to 65536.");
    }

    public void Skip()
    {
        switch (_wire)
        {
            case 0: Raw(); break;
            case 1: Take(8); break;
            case 2: Bytes(); break;
            default: Take(4); break;
        }
    }

    /// <summary>Adds one value, or all of a packed field.</summary>
    public void Varints(List<long> into)
    {
        if (_wire != 2)
        {
            into.Add(Varint());
            return;
        }

        var packed = new ProtoReader(Bytes());
        while (!packed._rest.IsEmpty)
            into.Add((long)packed.Raw());
    }

    public void Floats(List<float> into)
    {
        if (_wire != 2)
        {
            into.Add(Float());
            return;
        }

        var packed = Bytes();
        if (packed.Length % 4 != 0)
            throw new InvalidDataException($"ONNX: {packed.Length} bytes are no whole number of floats.");
        for (var i = 0; i < packed.Length; i += 4)
            into.Add(BinaryPrimitives.ReadSingleLittleEndian(packed[i..]));
    }

    private readonly void Expect(int wire)
    {
        if (_wire != wire)
            throw new InvalidDataException($"ONNX: field {Field} has wire type {_wire} where {wire} belongs.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new InvalidDataException("ONNX: the file ends in the middle of a field.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private ulong Raw()
    {
        ulong value = 0;
        for (var i = 0; i < 10; i++)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 127) << 7 * i;
            if (b < 128)
                return value;
        }

        throw new InvalidDataException("ONNX: a number of more than ten bytes.");
    }
}
