using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace Recs.Engine.Models;

/// <summary>
/// Reads one binary file front to back and refuses what does not fit with the file's name. Nothing is allocated that
/// the bytes left in the file do not back. Not thread-safe.
/// </summary>
internal sealed class ModelFileReader(Stream stream, string file)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _scratch = new byte[ushort.MaxValue];

    private long Left => stream.Length - stream.Position;

    public InvalidDataException Bad(string what) => new($"{file}: {what}.");

    public void Header(string magic)
    {
        var found = Take(ModelFiles.MagicBytes, "magic");
        if (!found.SequenceEqual(Encoding.ASCII.GetBytes(magic)))
            throw Bad($"does not begin with {magic}");
        var format = BinaryPrimitives.ReadUInt32LittleEndian(Take(4, "format"));
        if (format != ModelFiles.Format)
            throw Bad($"has format {format}; this version reads {ModelFiles.Format}");
    }

    /// <summary>A count of 0 to <paramref name="max"/> things that take at least so many bytes each in what follows.</summary>
    public int Count(string what, int max, int bytesEach)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(Take(4, what));
        if (value < 0 || value > max)
            throw Bad($"{what} is {value}; legal is 0 to {max}");
        if ((long)value * bytesEach > Left)
            throw Bad($"{what} is {value} but only {Left} bytes follow");
        return value;
    }

    public int UInt16(string what) => BinaryPrimitives.ReadUInt16LittleEndian(Take(2, what));

    public double Double(string what) => BinaryPrimitives.ReadDoubleLittleEndian(Take(8, what));

    public string Text(int bytes, string what)
    {
        try
        {
            return StrictUtf8.GetString(Take(bytes, what));
        }
        catch (DecoderFallbackException)
        {
            throw Bad($"{what} is not UTF-8");
        }
    }

    public int[] Ints(int count, string what)
    {
        Need((long)count * 4, what);
        var values = new int[count];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values, values);
        return values;
    }

    /// <summary>Finite floats.</summary>
    public float[] Floats(long count, string what)
    {
        if (count > Array.MaxLength)
            throw Bad($"{count} {what}s are more than fit in memory ({Array.MaxLength})");
        Need(count * 4, what);
        var values = new float[count];
        var bits = MemoryMarshal.Cast<float, int>(values.AsSpan());
        stream.ReadExactly(MemoryMarshal.AsBytes(bits));
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(bits, bits);
        if (!TensorPrimitives.IsFiniteAll<float>(values))
            throw Bad($"a {what} is not a finite number");
        return values;
    }

    public void End()
    {
        if (Left != 0)
            throw Bad($"{Left} bytes follow where the file should end");
    }

    private ReadOnlySpan<byte> Take(int bytes, string what)
    {
        Need(bytes, what);
        var into = _scratch.AsSpan(0, bytes);
        stream.ReadExactly(into);
        return into;
    }

    private void Need(long bytes, string what)
    {
        if (bytes > Left)
            throw Bad($"ends in the middle of {what}: {bytes} bytes needed, {Left} left");
    }
}
