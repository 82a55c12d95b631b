using System.Buffers.Binary;
using System.Text;

namespace Recs.Engine.Sessions;

/// <summary>
/// Reads what <see cref="SessionWriter"/> wrote and trusts none of it: every count is checked against the bytes that
/// are left before anything is allocated for it. All errors are <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct SessionReader(ReadOnlySpan<byte> data)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private ReadOnlySpan<byte> _rest = data;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            if (shift == 63 && b > 1)
                break;
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new InvalidDataException("A session holds a number of more than 64 bits.");
    }

    /// <summary>A number from 0 to the largest long.</summary>
    public long Number(string what)
    {
        var value = Varint();
        return value <= long.MaxValue ? (long)value : throw Bad(what, value, $"0 to {long.MaxValue}");
    }

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Milliseconds since 1970, given as their distance from a time before.</summary>
    public long Time(string what, long before)
    {
        var atMs = unchecked(before + Signed());
        return atMs >= 0 && atMs <= LatestMs ? atMs : throw Bad(what, atMs, $"0 to {LatestMs} ms since 1970");
    }

    /// <summary>A number of elements of at least <paramref name="bytesEach"/> bytes, which have to be there.</summary>
    public int Count(string what, int bytesEach)
    {
        var value = Varint();
        return value <= (ulong)(_rest.Length / bytesEach)
            ? (int)value
            : throw Bad($"number or length of {what}", value, $"0 to {_rest.Length / bytesEach}, by the bytes that are left");
    }

    /// <summary>A number below <paramref name="limit"/>.</summary>
    public int Index(string what, int limit)
    {
        var value = Varint();
        return value < (ulong)limit ? (int)value : throw Bad(what, value, $"0 to {limit - 1}");
    }

    public string Text(string what, int longest) => Checked(what, Utf8(what, Count(what, 1), longest), longest);

    /// <summary>An id by itself.</summary>
    public string Id(string what) => Legal(what, Text(what, Limits.MaxIdLength));

    /// <summary>An id that shares its beginning with the one before.</summary>
    public string Id(string what, string before) => Legal(what, Text(what, before, Limits.MaxIdLength));

    /// <summary>A text that shares its beginning with the one before.</summary>
    public string Text(string what, string before, int longest)
    {
        var lengths = Byte();
        var (shared, bytes) = lengths == byte.MaxValue
            ? (Index(what, before.Length + 1), Count(what, 1))
            : (lengths >> 4, lengths & 15);
        if (shared > before.Length)
            throw Bad($"shared part of {what}", shared, $"0 to {before.Length}, the length of the one before");
        return Checked(what, string.Concat(before.AsSpan(0, shared), Utf8(what, bytes, longest)), longest);
    }

    /// <summary>A number below <paramref name="limit"/>, given as its distance from where it was expected.</summary>
    public int Step(string what, int expected, int limit)
    {
        var step = Signed();
        return step >= -expected && step < limit - expected
            ? (int)(expected + step)
            : throw Bad($"step to {what}", step, $"{-expected} to {limit - expected - 1}");
    }

    public static InvalidDataException Bad(string what, object value, string legal) =>
        new(FormattableString.Invariant($"A session's {what} was {value}; legal is {legal}."));

    private static string Legal(string what, string id) => IdRules.IsLegal(id) ? id : throw Bad(what, id, IdRules.Legal);

    private static string Checked(string what, string text, int longest) =>
        text.Length <= longest ? text : throw Bad($"length of {what}", text.Length, $"at most {longest}");

    private string Utf8(string what, int bytes, int longest)
    {
        // No text takes more than 3 bytes a character: a longer one is refused before it is decoded.
        if (bytes > longest * 3)
            throw Bad($"bytes of {what}", bytes, $"at most {longest * 3}");
        try
        {
            return StrictUtf8.GetString(Take(bytes));
        }
        catch (DecoderFallbackException)
        {
            throw Bad(what, "no UTF-8", "UTF-8");
        }
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _rest.Length)
            throw new InvalidDataException($"A session ends {bytes - _rest.Length} bytes too early.");
        var taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
