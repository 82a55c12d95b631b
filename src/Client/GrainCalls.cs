using System.Runtime.CompilerServices;
using Orleans.Runtime;
using Polly;
using Polly.Retry;

namespace Recs.Client;

/// <summary>
/// Grain calls with bounded retries, and their failures in the engine's words. What one call may cost is stated at
/// <see cref="ClusterRecommenderOptions"/>. Thread-safe.
/// </summary>
internal sealed class GrainCalls
{
    private readonly ClusterRecommenderOptions _options;
    private readonly TimeProvider _time;
    private readonly ClientMetrics _metrics;
    private readonly ClusterConnection? _connection;
    private readonly Random _random;
    private readonly Lock _randomLock = new();
    private readonly ResiliencePipeline _always;
    private readonly ResiliencePipeline _afterRefusals;

    public GrainCalls(ClusterRecommenderOptions options, TimeProvider time, ClientMetrics metrics, ClusterConnection? connection = null)
    {
        _options = options;
        _time = time;
        _metrics = metrics;
        _connection = connection;
        _random = new Random(options.Seed);
        _always = Pipeline(e => CallFaults.IsTransport(e) || CallFaults.SaysRetry(e));
        _afterRefusals = Pipeline(CallFaults.SaysRetry);
    }

    /// <exception cref="RecommenderException">Refused, and nothing was changed; or unreachable, and to ask again does no harm.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been done, and to ask again might do it twice.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, Repeat repeat, CancellationToken cancellationToken)
    {
        _connection?.Check();
        var pipeline = repeat switch
        {
            { ByClient: true } => _always,
            { AllOrNothing: true } => _afterRefusals,
            _ => ResiliencePipeline.Empty,
        };
        // What cannot be repeated is waited for as long as Orleans waits: its fate should stay unknown as seldom as can be.
        var timeout = repeat.ByClient ? _options.AttemptTimeout : Timeout.InfiniteTimeSpan;
        var lost = new StrongBox<bool>(!repeat.AllOrNothing);
        try
        {
            return await pipeline.ExecuteAsync(
                static (s, token) => new ValueTask<T>(AttemptAsync(s.call, s.timeout, s._time, s.lost, token)),
                (call, timeout, _time, lost),
                cancellationToken).ConfigureAwait(false);
        }
        catch (RecommenderException e) when (!repeat.ByCaller && lost.Value && CallFaults.IsOfTheMoment(e))
        {
            throw CallFaults.Lost(e);
        }
        catch (Exception e) when (!repeat.ByCaller && CallFaults.IsTransport(e))
        {
            throw CallFaults.Lost(e);
        }
        catch (Exception e) when (CallFaults.IsTransport(e))
        {
            throw CallFaults.Unreachable("The cluster did not answer.", e);
        }
    }

    // A grain call cannot be called back: the waiting ends, and what becomes of it later is of no interest.
    private static async Task<T> AttemptAsync<T>(
        Func<Task<T>> call, TimeSpan timeout, TimeProvider time, StrongBox<bool> lost, CancellationToken cancellationToken)
    {
        var running = CallFaults.AskAsync(call);
        try
        {
            return await running.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RecommenderException)
        {
            lost.Value = true;
            running.Ignore();
            throw;
        }
    }

    private ResiliencePipeline Pipeline(Func<Exception, bool> again)
    {
        if (_options.MaxAttempts == 1)
            return ResiliencePipeline.Empty;
        return new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e && again(e)),
                MaxRetryAttempts = _options.MaxAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.RetryDelay,
                MaxDelay = _options.MaxRetryDelay,
                DelayGenerator = args => ValueTask.FromResult(PauseAskedFor(args.Outcome.Exception)),
                Randomizer = NextDouble,
                OnRetry = _ =>
                {
                    _metrics.Retried();
                    return default;
                },
            })
            .Build();
    }

    private TimeSpan? PauseAskedFor(Exception? e) =>
        e is RecommenderException { RetryAfter: { } pause } ? TimeSpan.FromTicks(Math.Clamp(pause.Ticks, 0, _options.MaxRetryDelay.Ticks)) : null;

    private double NextDouble()
    {
        lock (_randomLock)
            return _random.NextDouble();
    }
}
