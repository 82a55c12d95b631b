using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Recs.Api.Http;

/// <summary>A request body in a rented buffer; dispose it to give the buffer back.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly byte[] _rented;
    private readonly int _length;

    private RequestBody(byte[] rented, int length)
    {
        _rented = rented;
        _length = length;
    }

    public ReadOnlySpan<byte> Bytes => _rented.AsSpan(0, _length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_rented);

    /// <summary>Reads a JSON body of at most <paramref name="maxBytes"/>; 415 for another type, 413 for more.</summary>
    public static async ValueTask<RequestBody> ReadJsonAsync(HttpContext http, int maxBytes, CancellationToken cancellationToken)
    {
        CheckType(http.Request);
        if (http.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(http.Request.ContentLength ?? 4096, maxBytes) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                    return new RequestBody(buffer, length);
                length += read;
                if (length > maxBytes)
                    throw TooLarge(maxBytes);
                if (length < buffer.Length)
                    continue;
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, maxBytes + 1));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static void CheckType(HttpRequest request)
    {
        const string Legal = "application/json, in UTF-8, without Content-Encoding";
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("Content-Encoding", encoding, Legal);
        if (request.ContentType is "application/json")
            return;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !(type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase)))
            throw Unsupported("Content-Type", request.ContentType ?? "absent", Legal);
    }

    private static ProblemException Unsupported(string header, string value, string legal) => new(new Problem
    {
        Status = 415,
        Kind = "unsupported-media-type",
        Title = "The body's type is not supported.",
        Detail = $"{header} was {value}; legal is {legal}.",
        Field = header,
        Value = value,
        Legal = legal,
    });

    private static ProblemException TooLarge(int maxBytes) => new(new Problem
    {
        Status = 413,
        Kind = "too-large",
        Title = "More than a bound allows.",
        Detail = $"The body is larger than {maxBytes} bytes; send it in parts.",
        Field = "body",
        Legal = $"up to {maxBytes} bytes",
    });
}
