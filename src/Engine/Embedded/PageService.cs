using Microsoft.Extensions.Logging;

namespace Recs.Engine.Embedded;

/// <summary>Makes pages: takes the user's snapshot, runs the pipeline, logs the impression.</summary>
internal sealed class PageService(EmbeddedCore core, PagePipeline pipeline, UserEraser eraser)
{
    /// <summary>A session may take this share of the deadline to load from disk; then the page goes on without it.</summary>
    private const double SessionShare = 0.3;

    public async ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken)
    {
        var started = core.Time.GetTimestamp();
        PageRules.Check(request);
        var (session, late) = await SnapshotAsync(request.UserId, started, request.Deadline, cancellationToken).ConfigureAwait(false);
        return await MakeAsync(PagePlans.For(request, session, late, started, core.Options.DefaultDeadline), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken)
    {
        var started = core.Time.GetTimestamp();
        PageRules.Check(request);
        PagePlans.SeedOf(request, core.Catalog);
        var (session, late) = await SnapshotAsync(request.UserId, started, request.Deadline, cancellationToken).ConfigureAwait(false);
        return await MakeAsync(
            PagePlans.For(request, core.Catalog, session, late, started, core.Options.DefaultDeadline), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken)
    {
        var started = core.Time.GetTimestamp();
        PageRules.Check(request);
        var (session, late) = await SnapshotAsync(request.UserId, started, request.Deadline, cancellationToken).ConfigureAwait(false);
        return await MakeAsync(PagePlans.For(request, session, late, started, core.Options.DefaultDeadline), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>See <see cref="PagePipeline.WarmUpAsync"/>.</summary>
    public Task WarmUpAsync(CancellationToken cancellationToken) => pipeline.WarmUpAsync(() => core.Models.Current, cancellationToken);

    private async ValueTask<Page> MakeAsync(PagePlan plan, CancellationToken cancellationToken)
    {
        var made = await pipeline.MakeAsync(plan, core.Models.Current, cancellationToken).ConfigureAwait(false);
        LogImpression(plan, made);
        return made.Page;
    }

    private void LogImpression(PagePlan plan, MadePage made)
    {
        var record = made.Impression;
        try
        {
            // Nothing runs, and no thread is woken, where all is well.
            eraser.AppendImpression(record.UserId, plan.Started, ImpressionCodec.Encode(record))?.AsTask().ContinueWith(
                static (append, service) => ((PageService)service!).NotKept(append.Exception!.GetBaseException()), this, CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (e is RecommenderException or ObjectDisposedException)
        {
            NotKept(e);
        }
    }

    // An impression that cannot be kept costs a training row, never a page.
    private void NotKept(Exception problem)
    {
        core.Metrics.ImpressionLost();
        core.Logger.LogDebug("Impression not kept: {Problem}", problem.Message);
    }

    /// <summary>The session as of now, its user's turn never held for longer than a load; an empty one, late, past its time.</summary>
    private async ValueTask<(UserSession Session, bool Late)> SnapshotAsync(
        string? userId, long started, TimeSpan? asked, CancellationToken cancellationToken)
    {
        if (userId is null)
            return (UserSession.Empty(""), false);
        if (core.Table.TryGetActive(userId, out var active) && active.ForwardTo is null)
            return (active, false);
        if (!core.Table.Knows(userId))
            return (UserSession.Empty(userId), false);

        using var deadline = Deadline.Until(started, asked ?? core.Options.DefaultDeadline, SessionShare, core.Time, cancellationToken);
        try
        {
            using var turn = await ForwardedUsers.LockAsync(core, [userId], deadline.Token).ConfigureAwait(false);
            return (turn.SessionOf(userId), false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (UserSession.Empty(userId), true);
        }
        catch (Exception e) when (e is InvalidDataException or RecommenderException)
        {
            core.Logger.LogError(e, "A session could not be loaded; the page goes on without it.");
            return (UserSession.Empty(userId), true);
        }
    }
}
