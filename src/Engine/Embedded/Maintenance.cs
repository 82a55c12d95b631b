using Microsoft.Extensions.Logging;

namespace Recs.Engine.Embedded;

/// <summary>The background work of a running recommender: checkpoints, eviction, retention, compaction, model polling.</summary>
internal sealed class Maintenance(EmbeddedCore core, UserEraser eraser) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public void Start()
    {
        _loops.Add(LoopAsync("model and rules polling", core.Options.ModelPollInterval, PollAsync));
        _loops.Add(LoopAsync("checkpoint", core.Options.CheckpointInterval, TidyAsync));
    }

    /// <summary>Writes what changed since the last checkpoint, so that a restart replays only what comes after.</summary>
    public async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        await core.Checkpointing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long ordinal;
            byte[] state;
            List<UserSession> dirty;
            using (await core.Gate.CloseAsync(cancellationToken).ConfigureAwait(false))
            {
                ordinal = core.EventLog.NextOrdinal;
                dirty = core.Table.TakeDirty();
                state = Checkpoint.Encode(core.TotalEvents, core.Ledger, core.Counters, core.Catalog);
            }

            var saved = false;
            try
            {
                foreach (var session in dirty)
                    core.Sessions.Put(session.UserId, core.Codec.Encode(session));
                core.Sessions.Checkpoint(ordinal, state);
                saved = true;
            }
            finally
            {
                core.Table.Saved(dirty, saved);
            }
        }
        finally
        {
            core.Checkpointing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        core.Rules.Refresh();
        core.Scoring.Refresh();
        await core.Models.ReloadAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task TidyAsync(CancellationToken cancellationToken)
    {
        await CheckpointAsync(cancellationToken).ConfigureAwait(false);
        core.Table.EvictIdle();
        await eraser.TidyAsync(cancellationToken).ConfigureAwait(false);
        await core.Checkpointing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            core.Sessions.CompactIfStale();
        }
        finally
        {
            core.Checkpointing.Release();
        }

        await core.CatalogStore.CompactIfStaleAsync(cancellationToken).ConfigureAwait(false);
        DropExpired();
    }

    // Only whole segments that the checkpoint holds already, so that dropping them loses no session.
    private void DropExpired()
    {
        if (core.Options.EventRetention is not { } retention)
            return;
        var cutoff = (core.Time.GetUtcNow() - retention).ToUnixTimeMilliseconds();
        var keepFrom = core.Sessions.LastCheckpoint.NextOrdinal;
        foreach (var record in core.EventLog.Read(core.EventLog.FirstOrdinal))
        {
            if (record.Ordinal >= keepFrom)
                break;
            if (LogEntryCodec.Decode(record.Payload.Span) is LogEntry.Events batch && batch.Accepted.Any(e => e.AtMs >= cutoff))
            {
                keepFrom = record.Ordinal;
                break;
            }
        }

        if (core.EventLog.DropBefore(keepFrom) is var freed and > 0)
            core.Logger.LogInformation("Dropped {Bytes} bytes of events older than {Retention}.", freed, retention);
    }

    private async Task LoopAsync(string name, TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, core.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await work(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    core.Logger.LogError(e, "Background work '{Name}' failed and will be tried again in {Interval}.", name, interval);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
