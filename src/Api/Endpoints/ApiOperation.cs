using Microsoft.AspNetCore.Http;
using Recs.Api.Http;
using Recs.Api.Security;

namespace Recs.Api.Endpoints;

/// <summary>
/// One operation: its route, who may call it, its query, its shapes. Routing, the check of the query and the OpenAPI
/// document all come from here, so they cannot disagree.
/// </summary>
internal sealed record ApiOperation(string Method, string Pattern, ApiRole Role, string Name, string Summary, Func<ApiCall, Task> Handle)
{
    public QueryParameter[] Query { get; init; } = [];

    /// <summary>Shape of the body; null for none.</summary>
    public Type? Body { get; init; }

    /// <summary>Shape of the answer; null for none.</summary>
    public Type? Result { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>Error statuses beside those that every operation has.</summary>
    public int[] Errors { get; init; } = [];

    /// <summary>Longer explanation, for the OpenAPI document.</summary>
    public string? Remarks { get; init; }

    public bool HasId => Pattern.Contains("{id}", StringComparison.Ordinal);

    /// <summary>Segments after the id.</summary>
    public int Tail { get; } = Pattern.Contains("{id}", StringComparison.Ordinal)
        ? Pattern[(Pattern.IndexOf("{id}", StringComparison.Ordinal) + 4)..].Count(c => c == '/')
        : 0;
}

/// <summary>A call that passed the gate, its query parsed.</summary>
internal readonly record struct ApiCall(HttpContext Http, ApiServer Server, ApiOperation Operation, ApiQuery Query)
{
    public IRecommender Recommender => Server.Recommender;

    /// <summary>Ends when the caller hangs up.</summary>
    public CancellationToken Aborted => Http.RequestAborted;

    public string Id => PathId.Read(Http, Operation.Tail);
}
