using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Ranking.Shadow;
using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Embedded;

/// <summary>What the parts of one running embedded recommender share. Made by <see cref="Recovery"/>.</summary>
internal sealed class EmbeddedCore : IAsyncDisposable
{
    private long _totalEvents;

    public required RecommenderOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    public required RecommenderMetrics Metrics { get; init; }

    public required DataFolder Folder { get; init; }

    public required ItemCatalog Catalog { get; init; }

    public required CatalogStore CatalogStore { get; init; }

    public required SegmentedLog EventLog { get; init; }

    public required SegmentedLog ImpressionLog { get; init; }

    public required SessionStore Sessions { get; init; }

    public required SessionTable Table { get; init; }

    public required SessionRules SessionRules { get; init; }

    public required RuleBook Rules { get; init; }

    public required ScoringBook Scoring { get; init; }

    public required ShadowScorer Shadow { get; init; }

    public required SessionCodec Codec { get; init; }

    public required ItemCounters Counters { get; init; }

    /// <summary>Everybody's newest visits, from the event log's end.</summary>
    public required SessionNeighbourIndex Visits { get; init; }

    public required ImportLedger Ledger { get; init; }

    public required ModelSlot Models { get; init; }

    public required StripedLocks Locks { get; init; }

    public required FolderSize FolderBytes { get; init; }

    public WriteGate Gate { get; } = new();

    /// <summary>Held by a checkpoint and by forgetting, which must not meet.</summary>
    public SemaphoreSlim Checkpointing { get; } = new(1, 1);

    public long TotalEvents => Interlocked.Read(ref _totalEvents);

    /// <summary>Counts accepted events into the aggregates.</summary>
    public void Count(IReadOnlyList<LoggedEvent> events)
    {
        foreach (var e in events)
        {
            if (Catalog.TryGetNumber(e.ItemId, out var item))
                Counters.Count(item, e.Type, e.AtMs, e.Weight);
            Visit(e);
        }

        Interlocked.Add(ref _totalEvents, events.Count);
    }

    /// <summary>Puts an event into its user's visit.</summary>
    public void Visit(LoggedEvent e)
    {
        if (Catalog.TryGetNumber(e.ItemId, out var item))
            Visits.Observe(SessionNeighbourSource.KeyOf(e.UserId), item, e.Type, e.AtMs, e.Weight);
    }

    public void RestoreTotal(long total) => Interlocked.Exchange(ref _totalEvents, total);

    public async ValueTask DisposeAsync()
    {
        await EventLog.DisposeAsync().ConfigureAwait(false);
        await ImpressionLog.DisposeAsync().ConfigureAwait(false);
        await CatalogStore.DisposeAsync().ConfigureAwait(false);
        await Sessions.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
        Folder.Dispose();
    }
}
