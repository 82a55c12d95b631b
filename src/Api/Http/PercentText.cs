using System.Buffers;
using System.Text;

namespace Recs.Api.Http;

/// <summary>Strict percent-decoding: a broken escape or bytes that are no UTF-8 are refused, never passed on half-decoded.</summary>
internal static class PercentText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <param name="encoded">A path segment or a part of a query.</param>
    /// <param name="plusIsBlank">True in queries.</param>
    /// <param name="field">Named in the refusal.</param>
    public static string Decode(ReadOnlySpan<char> encoded, bool plusIsBlank, string field)
    {
        if (!encoded.ContainsAny('%', '+') || (!plusIsBlank && !encoded.Contains('%')))
            return encoded.ToString();
        var rented = ArrayPool<byte>.Shared.Rent(Strict.GetMaxByteCount(encoded.Length));
        try
        {
            var bytes = rented.AsSpan();
            var length = 0;
            for (var i = 0; i < encoded.Length; i++)
            {
                var c = encoded[i];
                if (c == '%')
                {
                    if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
                        throw Bad(field, encoded);
                    bytes[length++] = (byte)((FromHex(encoded[i + 1]) << 4) | FromHex(encoded[i + 2]));
                    i += 2;
                }
                else if (c == '+' && plusIsBlank)
                {
                    bytes[length++] = (byte)' ';
                }
                else
                {
                    var pair = char.IsHighSurrogate(c) && i + 1 < encoded.Length ? 2 : 1;
                    length += Strict.GetBytes(encoded.Slice(i, pair), bytes[length..]);
                    i += pair - 1;
                }
            }
            return Strict.GetString(bytes[..length]);
        }
        catch (ArgumentException)
        {
            throw Bad(field, encoded);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int FromHex(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static RecommenderException Bad(string field, ReadOnlySpan<char> encoded) => RecommenderException.Invalid(
        field, encoded.ToString(), "percent-encoded UTF-8, such as %C3%A9 for é and %25 for a percent sign");
}
