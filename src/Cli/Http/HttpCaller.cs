using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Recs.Cli.Output;

namespace Recs.Cli.Http;

/// <summary>
/// One call to a server and its answer. A server that turns a call away (429) and, where a repeat is harmless, one that is
/// busy (503: some of the call may be done) and a broken connection are tried again, at most <see cref="MaxAttempts"/> times, after the server's Retry-After or else 0.5 s, 1 s, 2 s and so
/// on, never more than <see cref="MaxWait"/>. Thread-safe.
/// </summary>
internal sealed class HttpCaller(HttpClient http, Uri server, string? apiKey, TimeProvider time)
{
    public const int MaxAttempts = 8;

    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly string _base = server.AbsoluteUri.TrimEnd('/') + "/";

    /// <summary>Null when the server has no such thing (404).</summary>
    public async Task<T?> GetAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await SendAsync<T>(HttpMethod.Get, path, null, true, cancellationToken).ConfigureAwait(false);
        }
        catch (RecommenderException e) when (e.Kind == RefusalKind.NotFound)
        {
            return null;
        }
    }

    public async Task<T?> SendAsync<T>(
        HttpMethod method, string path, byte[]? json, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                using var request = Request(method, path, json);
                using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
                if (!SaysLater(response.StatusCode, repeatable) || attempt == MaxAttempts)
                    throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
                wait = RetryAfter(response.Headers.RetryAfter) ?? Backoff(attempt);
            }
            catch (HttpRequestException e)
            {
                if (!repeatable || attempt == MaxAttempts || attempt == 3 && e.HttpRequestError == HttpRequestError.ConnectionError)
                    throw new RecommenderException(RefusalKind.NotReady, $"{server} cannot be reached: {e.Message}", e);
                wait = Backoff(attempt);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new RecommenderException(RefusalKind.Overloaded, $"{server} did not answer within {http.Timeout.TotalSeconds:0} s.", e);
            }

            await Task.Delay(wait < MaxWait ? wait : MaxWait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool SaysLater(HttpStatusCode status, bool repeatable) =>
        status == HttpStatusCode.TooManyRequests || (repeatable && status == HttpStatusCode.ServiceUnavailable);

    public static RecommenderException Unexpected(string what) =>
        new(RefusalKind.Conflict, $"The server answered with {what}; is it an Orleans.Recs server of this version?");

    private HttpRequestMessage Request(HttpMethod method, string path, byte[]? json)
    {
        // An id such as ".." is a path segment like any other and must arrive as it is.
        var uri = new Uri(_base + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri);
        if (apiKey is not null)
            request.Headers.TryAddWithoutValidation("X-Api-Key", apiKey);
        if (json is not null)
            request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;
    }

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.NoContent)
            return default;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                return await JsonSerializer.DeserializeAsync<T>(stream, Json.Options, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw Unexpected($"something else than expected ({e.Message})");
        }
    }

    private static async Task<RecommenderException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var kind = response.StatusCode switch
        {
            HttpStatusCode.NotFound => RefusalKind.NotFound,
            HttpStatusCode.Conflict => RefusalKind.Conflict,
            HttpStatusCode.RequestEntityTooLarge => RefusalKind.TooLarge,
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => RefusalKind.Overloaded,
            HttpStatusCode.InsufficientStorage => RefusalKind.StorageFull,
            _ => RefusalKind.Invalid,
        };
        var text = $"The server answered {(int)response.StatusCode}";
        try
        {
            var problem = JsonSerializer.Deserialize<Problem>(
                await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false), Json.Options);
            if (problem?.Detail is { Length: > 0 } detail)
                text += ": " + detail;
        }
        catch (JsonException)
        {
            // Something in between answered, in words of its own; the status says enough.
            text += $" {response.ReasonPhrase}.";
        }

        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            text += " Give a key with --api-key or RECS_API_KEY.";
        return new RecommenderException(kind, text);
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } at && at - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : null);

    private static TimeSpan Backoff(int attempt) => TimeSpan.FromSeconds(0.5 * (1 << (attempt - 1)));

    private sealed record Problem(string? Detail);
}
