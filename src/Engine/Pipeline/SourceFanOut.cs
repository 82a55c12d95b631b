using Microsoft.Extensions.Logging;

namespace Recs.Engine.Pipeline;

/// <summary>
/// Runs a page's sources at the same time on the pool and takes what has come when time is up. A late or failed source
/// is named, never waited for; its list is left to it.
/// </summary>
internal static class SourceFanOut
{
    public static async ValueTask<FanOutResult> RunAsync(
        IReadOnlyList<ICandidateSource> sources, RetrievalContext context, CancellationToken deadline, TimeProvider time, ILogger logger)
    {
        var runs = new SourceRun[sources.Count];
        var tasks = new Task[sources.Count];
        for (var i = 0; i < runs.Length; i++)
        {
            var run = runs[i] = new SourceRun(sources[i], context, time, logger, deadline);
            tasks[i] = Task.Run(run.ExecuteAsync, CancellationToken.None);
        }

        var all = Task.WhenAll(tasks);
        if (!all.IsCompleted)
        {
            try
            {
                await all.WaitAsync(deadline).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Time is up: what is complete is taken below.
            }
        }

        return new FanOutResult([.. runs.Select(run => run.Outcome())], AllEnded: all.IsCompleted);
    }

    private sealed class SourceRun(
        ICandidateSource source, RetrievalContext context, TimeProvider time, ILogger logger, CancellationToken token)
    {
        private readonly CandidateList _candidates = new();
        private double _ms;
        private volatile bool _completed;

        public async Task ExecuteAsync()
        {
            var started = time.GetTimestamp();
            try
            {
                await source.RetrieveAsync(context, _candidates, token).ConfigureAwait(false);
                _ms = time.GetElapsedTime(started).TotalMilliseconds;
                _completed = true;
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                // Late: reported as such by the page.
            }
            catch (Exception e)
            {
                logger.LogError(e, "Candidate source {Source} failed; the page goes on without it.", source.Name);
            }
        }

        public SourceOutcome Outcome() => _completed
            ? new SourceOutcome(source.Name, _candidates, _ms, Late: false)
            : new SourceOutcome(source.Name, null, 0, Late: true);
    }
}

/// <param name="Outcomes">One per source, in their order.</param>
/// <param name="AllEnded">True when no source still runs, so that what they read may be used again.</param>
internal sealed record FanOutResult(SourceOutcome[] Outcomes, bool AllEnded)
{
    public string[] Names { get; } = Array.ConvertAll(Outcomes, o => o.Source);

    public CandidateList?[] Lists { get; } = Array.ConvertAll(Outcomes, o => o.Candidates);
}

/// <param name="Source">The source's name.</param>
/// <param name="Candidates">What it found; null when late.</param>
/// <param name="Ms">How long it took.</param>
/// <param name="Late">True when it missed the deadline or failed.</param>
internal sealed record SourceOutcome(string Source, CandidateList? Candidates, double Ms, bool Late);
