using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Api.Hosting;
using Recs.Api.Http;
using Recs.Api.Security;

namespace Recs.Api.Endpoints;

/// <summary>One mapped API: runs operations, and turns whatever ends them early into problem details. Thread-safe.</summary>
internal sealed partial class ApiServer
{
    public ApiServer(IServiceProvider services, RecommenderApiOptions options)
    {
        Options = options;
        Recommender = services.GetRequiredService<IRecommender>();
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Admin = services.GetService<IRecommenderAdmin>();
        Startup = services.GetService<StartupProgress>();
        Readiness = services.GetService<IReadiness>();
        Log = services.GetService<ILoggerFactory>()?.CreateLogger("Recs.Api") ?? NullLogger.Instance;
        Exposure = new Exposure(services);
        Gate = new RequestGate(options, Exposure);
    }

    public RecommenderApiOptions Options { get; }

    public IRecommender Recommender { get; }

    public TimeProvider Time { get; }

    public IRecommenderAdmin? Admin { get; }

    public StartupProgress? Startup { get; }

    public IReadiness? Readiness { get; }

    public Exposure Exposure { get; }

    public RequestGate Gate { get; }

    private ILogger Log { get; }

    /// <summary>Answers a route that several operations share, by method.</summary>
    public Task DispatchAsync(HttpContext http, ApiOperation[] operations)
    {
        var method = http.Request.Method;
        foreach (var operation in operations)
            if (HttpMethods.Equals(method, operation.Method)
                || (HttpMethods.IsHead(method) && HttpMethods.IsGet(operation.Method)))
                return RunAsync(http, operation);
        var allow = string.Join(", ", operations.Select(o => o.Method));
        return new Problem
        {
            Status = 405,
            Kind = "method-not-allowed",
            Title = "The method is not allowed here.",
            Detail = $"{http.Request.Path} does not take {method}; legal is {allow}.",
            Field = "method",
            Value = method,
            Legal = allow,
            Allow = allow,
        }.SendAsync(http);
    }

    public static Task NoSuchRouteAsync(HttpContext http) => new Problem
    {
        Status = 404,
        Kind = "no-such-route",
        Title = "There is no such route.",
        Detail = $"Nothing is served at {http.Request.Path}; the routes are in /openapi/v1.json.",
    }.SendAsync(http);

    private async Task RunAsync(HttpContext http, ApiOperation operation)
    {
        if (Gate.Enter() is { } busy)
        {
            await busy.SendAsync(http);
            return;
        }
        try
        {
            if (Gate.Check(http, operation.Role) is { } refusal)
                await refusal.SendAsync(http);
            else
                await operation.Handle(new ApiCall(
                    http, this, operation, ApiQuery.Parse(http.Request.QueryString, operation.Query, Options.MaxQueryLength)));
        }
        catch (Exception error)
        {
            if (!http.RequestAborted.IsCancellationRequested)
                await Explain(error, http).SendAsync(http);
        }
        finally
        {
            Gate.Leave();
        }
    }

    private Problem Explain(Exception error, HttpContext http)
    {
        switch (error)
        {
            case RecommenderException refusal:
                return Problem.From(refusal, Options.RetryAfter);
            case ProblemException { Problem: var problem }:
                return problem;
            case BadHttpRequestException bad:
                return new Problem
                {
                    Status = bad.StatusCode,
                    Kind = "bad-request",
                    Title = "The request is not proper HTTP.",
                    Detail = bad.Message,
                };
            case OutcomeUnknownException unknown:
                return new Problem
                {
                    Status = 504,
                    Kind = "outcome-unknown",
                    Title = "Nobody can say whether it was done.",
                    Detail = unknown.Message,
                };
            case OperationCanceledException:
                return new Problem
                {
                    Status = 503,
                    Kind = "timeout",
                    Title = "It took too long; try again.",
                    Detail = $"The call did not end within {Options.WriteTimeout.TotalSeconds:0.###} s. What it wrote may still become durable; events with an eventId can be sent again safely.",
                    RetryAfter = Options.RetryAfter,
                };
        }
        var trace = Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
        LogFailure(Log, error, http.Request.Method, http.Request.Path, trace);
        return new Problem
        {
            Status = 500,
            Kind = "internal",
            Title = "The server failed.",
            Detail = "The fault is the server's; its log has the details under this trace id.",
            TraceId = trace,
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed (trace {TraceId})")]
    private static partial void LogFailure(ILogger log, Exception error, string method, string path, string traceId);
}
