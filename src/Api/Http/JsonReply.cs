using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Recs.Api.Http;

/// <summary>
/// Writes JSON responses. A response is made whole before its first byte leaves, so an error while it is made is
/// still an error response, and the length is known.
/// </summary>
internal static class JsonReply
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>A buffer that grew past this is not kept for the thread's next response.</summary>
    private const int MaxKeptBytes = 256 << 10;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        // Titles of any language stay readable; the type is application/json and never read as HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _kept;

    public static Task SendAsync<T>(HttpContext http, int status, T value, JsonTypeInfo<T> type) =>
        SendAsync(http, status, (value, type), static (json, v) => JsonSerializer.Serialize(json, v.value, v.type));

    public static Task SendAsync<T>(
        HttpContext http, int status, T value, Action<Utf8JsonWriter, T> write, string contentType = Json)
    {
        var (buffer, writer) = _kept ?? New();
        _kept = null;
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        write(writer, value);
        writer.Flush();

        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = buffer.WrittenCount;
        response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(http.Request.Method))
            return Task.CompletedTask;
        response.BodyWriter.Write(buffer.WrittenSpan);
        if (buffer.Capacity <= MaxKeptBytes)
            _kept = (buffer, writer);
        var flush = response.BodyWriter.FlushAsync(http.RequestAborted);
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }

    private static (ArrayBufferWriter<byte>, Utf8JsonWriter) New()
    {
        var buffer = new ArrayBufferWriter<byte>(16 << 10);
        return (buffer, new Utf8JsonWriter(buffer, WriterOptions));
    }
}
