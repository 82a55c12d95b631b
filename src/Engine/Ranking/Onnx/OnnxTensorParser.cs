using System.Buffers.Binary;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>TensorProto: sizes, type, and the numbers in one of several fields. What is allocated is bounded by the bytes.</summary>
internal static class OnnxTensorParser
{
    private const int Float = 1, Uint8 = 2, Int8 = 3, Int32 = 6, Int64 = 7, Bool = 9, Half = 10, Double = 11;

    public static (string Name, OnnxConstant Tensor) Parse(ReadOnlySpan<byte> bytes)
    {
        var (name, type) = ("", 0);
        var (dims, floats, ints) = (new List<long>(), new List<float>(), new List<long>());
        ReadOnlySpan<byte> raw = default;
        var hasRaw = false;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reader.Varints(dims); break;
                case 2: type = (int)reader.Varint(); break;
                case 4: reader.Floats(floats); break;
                case 5 or 7: reader.Varints(ints); break;
                case 8: name = reader.Text(); break;
                case 9:
                    raw = reader.Bytes();
                    hasRaw = true;
                    break;
                case 10: Doubles(reader.Bytes(), floats); break;
                case 13: throw new InvalidDataException($"ONNX: tensor '{name}' lies outside the file; that is not supported.");
                default: reader.Skip(); break;
            }
        }

        if (dims.Count > OnnxTensor.MaxRank)
            throw new InvalidDataException($"ONNX: tensor '{name}' has {dims.Count} dimensions; legal is up to {OnnxTensor.MaxRank}.");
        long count = 1;
        foreach (var dim in dims)
        {
            if (dim < 0 || dim > OnnxTensor.MaxElements || (count *= dim) > OnnxTensor.MaxElements)
                throw new InvalidDataException($"ONNX: tensor '{name}' has a size of {dim}, or too many numbers in all.");
        }

        var sizes = dims.ConvertAll(d => (int)d).ToArray();
        if (hasRaw)
            (floats, ints) = Raw(name, type, raw, count);
        var isFloat = type is Float or Half or Double;
        if (!isFloat && type is not (Uint8 or Int8 or Int32 or Int64 or Bool))
            throw new InvalidDataException($"ONNX: tensor '{name}' has element type {type}, which is not supported.");
        var found = isFloat ? floats.Count : ints.Count;
        if (found != count)
            throw new InvalidDataException($"ONNX: tensor '{name}' holds {found} numbers where its sizes say {count}.");
        return (name, isFloat ? new OnnxConstant(sizes, [.. floats], null) : new OnnxConstant(sizes, null, [.. ints]));
    }

    private static (List<float> Floats, List<long> Ints) Raw(string name, int type, ReadOnlySpan<byte> raw, long count)
    {
        var size = type switch { Float or Int32 => 4, Half => 2, Int64 or Double => 8, Uint8 or Int8 or Bool => 1, _ => 0 };
        if (size == 0 || raw.Length != count * size)
            throw new InvalidDataException($"ONNX: tensor '{name}' of type {type} holds {raw.Length} bytes for {count} numbers.");
        var (floats, ints) = (new List<float>(), new List<long>());
        for (var i = 0; i < raw.Length; i += size)
        {
            switch (type)
            {
                case Float: floats.Add(BinaryPrimitives.ReadSingleLittleEndian(raw[i..])); break;
                case Half: floats.Add((float)BinaryPrimitives.ReadHalfLittleEndian(raw[i..])); break;
                case Double: floats.Add((float)BinaryPrimitives.ReadDoubleLittleEndian(raw[i..])); break;
                case Int32: ints.Add(BinaryPrimitives.ReadInt32LittleEndian(raw[i..])); break;
                case Int64: ints.Add(BinaryPrimitives.ReadInt64LittleEndian(raw[i..])); break;
                case Int8: ints.Add((sbyte)raw[i]); break;
                default: ints.Add(raw[i]); break;
            }
        }

        return (floats, ints);
    }

    private static void Doubles(ReadOnlySpan<byte> packed, List<float> into)
    {
        if (packed.Length % 8 != 0)
            throw new InvalidDataException($"ONNX: {packed.Length} bytes are no whole number of doubles.");
        for (var i = 0; i < packed.Length; i += 8)
            into.Add((float)BinaryPrimitives.ReadDoubleLittleEndian(packed[i..]));
    }
}
