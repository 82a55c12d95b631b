using Microsoft.Extensions.Logging;

namespace Recs.Engine.Pipeline;

/// <summary>
/// Runs a page's sources at the same time and takes what has come when time is up. A late or failed source is named, never
/// waited for; its list is left to it. Sources that have proved quick share tasks, one after the other: to hand each of
/// them to another thread would cost as much as most of them take. The page's own thread takes its part of those
/// that are ready, and all of them while there is a page for every core. Thread-safe.
/// </summary>
internal sealed class SourceFanOut(IReadOnlyList<ICandidateSource> sources, TimeProvider time, ILogger logger)
{
    /// <summary>What the sources that share a task may take together, as they did before.</summary>
    private static readonly TimeSpan SharedTask = TimeSpan.FromMicroseconds(250);

    /// <summary>What a page's own thread takes upon itself while there are cores left: less than that is not worth a change of threads.</summary>
    private static readonly TimeSpan OwnShare = TimeSpan.FromMilliseconds(1);

    private readonly SourcePace[] _paces = [.. sources.Select(_ => new SourcePace())];

    private int _pages;

    public async ValueTask<FanOutResult> RunAsync(RetrievalContext context, CancellationToken deadline)
    {
        var runs = new SourceRun[sources.Count];
        for (var i = 0; i < runs.Length; i++)
            runs[i] = new SourceRun(sources[i], _paces[i], context, time, logger, deadline);
        var all = Task.CompletedTask;
        var pages = Interlocked.Increment(ref _pages);
        try
        {
            var own = new List<SourceRun>(runs.Length);
            all = Task.WhenAll(Start(runs, own, crowded: pages >= Environment.ProcessorCount));
            await InTurn(own).ConfigureAwait(false);
            if (!all.IsCompleted)
                await all.WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Time is up: what is complete is taken below.
        }
        finally
        {
            Interlocked.Decrement(ref _pages);
        }

        return new FanOutResult([.. runs.Select(run => run.Outcome())], AllEnded: all.IsCompleted);
    }

    /// <summary>Starts what runs elsewhere and fills <paramref name="own"/> with what is left to the caller's thread.</summary>
    private static List<Task> Start(SourceRun[] runs, List<SourceRun> own, bool crowded)
    {
        var tasks = new List<Task>(runs.Length);
        var (shared, left) = (new List<SourceRun>(runs.Length), SharedTask);
        var ownLeft = crowded ? TimeSpan.MaxValue : OwnShare;
        foreach (var run in runs)
        {
            if (run.Expected is not { } expected || expected > SharedTask)
            {
                tasks.Add(Task.Run(run.ExecuteAsync, CancellationToken.None));
                continue;
            }

            if (expected <= ownLeft && run.IsReady)
            {
                own.Add(run);
                ownLeft -= expected;
                continue;
            }

            if (expected > left)
            {
                tasks.Add(Together(shared));
                (shared, left) = (new List<SourceRun>(runs.Length), SharedTask);
            }

            shared.Add(run);
            left -= expected;
        }

        if (shared.Count > 0)
            tasks.Add(Together(shared));
        return tasks;
    }

    private static Task Together(List<SourceRun> runs) => Task.Run(() => InTurn(runs), CancellationToken.None);

    private static async Task InTurn(List<SourceRun> runs)
    {
        foreach (var run in runs)
            await run.ExecuteAsync().ConfigureAwait(false);
    }

    private sealed class SourceRun(
        ICandidateSource source, SourcePace pace, RetrievalContext context, TimeProvider time, ILogger logger, CancellationToken token)
    {
        private readonly CandidateList _candidates = new();
        private double _ms;
        private volatile bool _begun;
        private volatile bool _completed;

        /// <summary>How long it is going to take; null when nobody knows.</summary>
        public TimeSpan? Expected { get; } = pace.Expected;

        public bool IsReady
        {
            get
            {
                try
                {
                    return source.IsReady(context);
                }
                catch (Exception e)
                {
                    logger.LogError(e, "Candidate source {Source} could not tell whether it is ready; it runs on its own.", source.Name);
                    return false;
                }
            }
        }

        public async Task ExecuteAsync()
        {
            if (token.IsCancellationRequested)
                return;
            _begun = true;
            var started = time.GetTimestamp();
            try
            {
                await source.RetrieveAsync(context, _candidates, token).ConfigureAwait(false);
                var took = time.GetElapsedTime(started);
                pace.Took(took);
                _ms = took.TotalMilliseconds;
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

        public SourceOutcome Outcome()
        {
            if (_completed)
                return new SourceOutcome(source.Name, _candidates, _ms, Late: false);
            // Who holds others up once has a task of its own from the next page on.
            if (_begun)
                pace.Forget();
            return new SourceOutcome(source.Name, null, 0, Late: true);
        }
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
