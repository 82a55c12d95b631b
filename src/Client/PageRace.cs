using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Recs.Client;

/// <summary>
/// One page under one deadline: the grain that knows best is asked first, and when it has failed or its share of the
/// deadline is over, others are asked for a lesser page in the time that is left. Whichever answers first is taken.
/// Thread-safe.
/// </summary>
internal sealed class PageRace(
    ClusterRecommenderOptions options, TimeProvider time, ClientMetrics metrics, ILogger logger, ClusterConnection? connection = null)
{
    /// <summary>What a grain may use of the time that is waited for it; the rest is for the way there and back.</summary>
    private const double GrainPart = 0.9;

    /// <summary>
    /// Lesser pages that are asked for at most, evenly over the time that is left: what overload can multiply. Several of
    /// them may go through one gateway, so that two or three would not find an awake one for certain.
    /// </summary>
    private const int LesserAsks = 5;

    /// <param name="deadline">The page's; null for the default.</param>
    /// <param name="best">Asks for the page, within the time given.</param>
    /// <param name="lesser">Asks for the lesser page, within the time given.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="RecommenderException">A grain's refusal, or Overloaded when no answer came.</exception>
    public async Task<Page> RunAsync(
        TimeSpan? deadline, Func<TimeSpan, Task<Page>> best, Func<TimeSpan, Task<Page>> lesser, CancellationToken cancellationToken)
    {
        connection?.Check();
        var started = time.GetTimestamp();
        var whole = deadline ?? options.DefaultDeadline;
        var share = whole * options.OwnGrainShare;
        var first = AskAsync(best, share);
        first.Ignore();
        if (await AnsweredAsync(first, share, cancellationToken).ConfigureAwait(false) is { } page)
            return page;

        metrics.FellBack();
        return await EitherAsync(first, lesser, whole, started, cancellationToken).ConfigureAwait(false);
    }

    private static Task<Page> AskAsync(Func<TimeSpan, Task<Page>> grain, TimeSpan left)
    {
        var time = left * GrainPart;
        return CallFaults.AskAsync(() => grain(time > Limits.MinDeadline ? time : Limits.MinDeadline));
    }

    /// <summary>The page; null when there is none in time, for whatever reason but the caller's own.</summary>
    private async Task<Page?> AnsweredAsync(Task<Page> asked, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await asked.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!IsAnswer(e) && !cancellationToken.IsCancellationRequested)
        {
            if (asked.IsFaulted)
                logger.LogWarning("A page is made without its session: {Problem}", e.Message);
            return null;
        }
    }

    // The lesser page is asked of any silo, and of the next one each time: a silo that does not answer and is not known to
    // be dead yet must not be the only one that was asked.
    private async Task<Page> EitherAsync(
        Task<Page> first, Func<TimeSpan, Task<Page>> lesser, TimeSpan whole, long started, CancellationToken cancellationToken)
    {
        Exception? problem = null;
        List<Task<Page>> running = [first];
        var pause = (whole - time.GetElapsedTime(started)) / LesserAsks;
        var next = TimeSpan.Zero;
        for (var asked = 0; ;)
        {
            var now = time.GetElapsedTime(started);
            if (asked < LesserAsks && (now >= next || !running.Exists(r => r != first)))
            {
                var another = AskAsync(lesser, whole - now);
                another.Ignore();
                running.Add(another);
                asked++;
                next = now + pause;
            }

            Task<Page> done;
            try
            {
                var left = (asked < LesserAsks ? next : whole + options.Grace) - now;
                done = await Task.WhenAny(running).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException) when (asked < LesserAsks)
            {
                continue;
            }
            catch (TimeoutException)
            {
                break;
            }

            if (done.IsCompletedSuccessfully || (done.Exception?.InnerException is { } e && IsAnswer(e)))
                return await done.ConfigureAwait(false);
            problem = done.Exception?.InnerException;
            running.Remove(done);
            if (running.Count == 0 && asked == LesserAsks)
                break;
        }

        throw CallFaults.Unreachable("No grain answered with a page in time.", problem);
    }

    /// <summary>A refusal is an answer, unless the silo is only starting.</summary>
    private static bool IsAnswer(Exception e) => e is RecommenderException { Kind: not RefusalKind.NotReady };
}
