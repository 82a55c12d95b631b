using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Recs.Api.Http;

/// <summary>An error as a caller sees it: problem details, RFC 9457, with what was wrong and what would be legal.</summary>
internal sealed record Problem
{
    public required int Status { get; init; }

    /// <summary>Short name of the kind; the type is "urn:orleans-recs:problem:" and this.</summary>
    public required string Kind { get; init; }

    public required string Title { get; init; }

    public required string Detail { get; init; }

    public string? Field { get; init; }

    public string? Value { get; init; }

    public string? Legal { get; init; }

    public int? Index { get; init; }

    /// <summary>1-based line and byte position in the body, where bad JSON stopped being JSON.</summary>
    public long? Line { get; init; }

    public long? Position { get; init; }

    /// <summary>Joins an internal error to the server's log.</summary>
    public string? TraceId { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The Allow header of a 405.</summary>
    public string? Allow { get; init; }

    public static Problem From(RecommenderException refusal, TimeSpan retryAfter)
    {
        var (status, kind, title) = refusal.Kind switch
        {
            RefusalKind.Invalid => (400, "invalid", "A value is outside its legal range."),
            RefusalKind.NotFound => (404, "not-found", "There is no such thing."),
            RefusalKind.Conflict => (409, "conflict", "The present state does not allow it."),
            RefusalKind.TooLarge => (413, "too-large", "More than a bound allows."),
            RefusalKind.Overloaded => (503, "overloaded", "Too busy; try again."),
            RefusalKind.StorageFull => (507, "storage-full", "There is no space to make it durable."),
            RefusalKind.NotReady => (503, "not-ready", "Still starting; try again."),
            _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Kind, null),
        };
        return new Problem
        {
            Status = status,
            Kind = kind,
            Title = title,
            Detail = refusal.Message,
            Field = FieldOf(refusal.Field),
            Value = refusal.Value,
            Legal = refusal.Legal,
            Index = refusal.Index,
            RetryAfter = status == 503 ? refusal.RetryAfter ?? retryAfter : null,
        };
    }

    /// <summary>The field as HTTP callers name it.</summary>
    private static string? FieldOf(string? field) => field switch
    {
        "import.source" => "importSource",
        "import.firstRow" => "importFirstRow",
        _ => field,
    };

    /// <summary>Writes the response; when one has begun, cuts the connection so that nobody takes it for whole.</summary>
    public Task SendAsync(HttpContext http)
    {
        var response = http.Response;
        if (response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }
        response.Clear();
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (Allow is not null)
            response.Headers.Allow = Allow;
        if (Status == 401)
            response.Headers.WWWAuthenticate = "Bearer";
        return JsonReply.SendAsync(http, Status, this, static (json, problem) => problem.Write(json), "application/problem+json");
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "urn:orleans-recs:problem:" + Kind);
        json.WriteString("title"u8, Title);
        json.WriteNumber("status"u8, Status);
        json.WriteString("detail"u8, Detail);
        if (Field is not null)
            json.WriteString("field"u8, Field);
        if (Value is not null)
            json.WriteString("value"u8, Value);
        if (Legal is not null)
            json.WriteString("legal"u8, Legal);
        if (Index is { } index)
            json.WriteNumber("index"u8, index);
        if (Line is { } line)
            json.WriteNumber("line"u8, line);
        if (Position is { } position)
            json.WriteNumber("position"u8, position);
        if (TraceId is not null)
            json.WriteString("traceId"u8, TraceId);
        json.WriteEndObject();
    }
}

/// <summary>Ends a call with a problem that is about HTTP or JSON rather than about the recommender.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
