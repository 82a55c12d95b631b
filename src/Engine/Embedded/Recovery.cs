using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Ranking.Shadow;
using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Embedded;

/// <summary>
/// Opens a data folder: catalogue, then the sessions' last checkpoint, then the event log from there on. Replaying is
/// idempotent by (user, sequence), so a session that was saved after the checkpoint takes no harm.
/// </summary>
internal static class Recovery
{
    /// <summary>Records at the log's end that are read for visits: a second or two.</summary>
    private const long VisitRecords = 200_000;

    public static EmbeddedCore Open(
        RecommenderOptions options, RecommenderMetrics metrics, TimeProvider time, ILogger logger, Action<string> report)
    {
        var root = options.DataDirectory;
        var opened = new Stack<IDisposable>();
        try
        {
            var folder = DataFolder.Lock(root, time);
            opened.Push(folder);
            PageSettings.Of(options, options.Sessions).Write(root);
            report("reading the catalogue");
            var vectors = new ItemVectors(SpaceFile.Declare(root, options.Spaces), options.MaxVectorBytes);
            var catalog = new ItemCatalog(options.MaxItems, vectors);
            var catalogStore = CatalogStore.Open(DataFolder.Catalog(root), CatalogStore.LogOptions with { Time = time }, catalog, out var catalogRecovery);
            opened.Push(Closing(catalogStore));
            Say(logger, "catalogue", catalogRecovery);
            if (catalog.Excess is { } excess)
                logger.LogWarning("The catalogue holds {Excess}. All of it is served; writes that would add to it are refused.", excess);
            if (vectors.Spaces.Any(space => space.Count > 0))
                report("building the indexes of the named spaces");
            vectors.MakeSearchable();

            report("opening the event log");
            var eventLog = SegmentedLog.Open(DataFolder.Events(root), options.EventLog with { Time = time }, out var eventRecovery);
            opened.Push(Closing(eventLog));
            Say(logger, "event log", eventRecovery);
            var impressions = SegmentedLog.Open(DataFolder.Impressions(root), options.ImpressionLog with { Time = time }, out var impressionRecovery);
            opened.Push(Closing(impressions));
            Say(logger, "impression log", impressionRecovery);

            report("opening the session store");
            var sessions = SessionStore.Open(DataFolder.Sessions(root), out var storeRecovery);
            opened.Push(Closing(sessions));
            if (storeRecovery.TornBytes > 0 || storeRecovery.Damaged > 0)
                logger.LogWarning("Session store: cut a torn tail of {Bytes} bytes, dropped {Damaged} damaged records; the event log has their events.", storeRecovery.TornBytes, storeRecovery.Damaged);

            var locks = new StripedLocks();
            var codec = new SessionCodec(catalog);
            var counters = new ItemCounters();
            var scoring = new ScoringBook(DataFolder.Scoring(root), logger);
            var core = new EmbeddedCore
            {
                Options = options,
                Time = time,
                Logger = logger,
                Metrics = metrics,
                Folder = folder,
                Catalog = catalog,
                CatalogStore = catalogStore,
                EventLog = eventLog,
                ImpressionLog = impressions,
                Sessions = sessions,
                Table = new SessionTable(sessions, codec, locks, options, time),
                SessionRules = new SessionRules(catalog, options.Sessions),
                Rules = new RuleBook(DataFolder.Rules(root), logger),
                Codec = codec,
                Counters = counters,
                Visits = new SessionNeighbourIndex(),
                Ledger = new ImportLedger(),
                Scoring = scoring,
                Shadow = new ShadowScorer(
                    scoring, version => ModelFolder.Load(Path.Combine(DataFolder.Models(root), version), catalog), new ShadowLog(DataFolder.Shadow(root)), new FeatureAssembler(catalog, counters), metrics, time, logger),
                Models = new ModelSlot(DataFolder.Models(root), catalog, logger) { HeldBack = scoring.ReadShadowModel },
                Locks = locks,
                FolderBytes = new FolderSize(root),
            };
            core.Rules.Refresh();
            core.Scoring.Refresh();
            Replay(core, storeRecovery, report);
            return core;
        }
        catch
        {
            foreach (var resource in opened)
                resource.Dispose();
            throw;
        }
    }

    private static void Replay(EmbeddedCore core, StoreRecovery recovery, Action<string> report)
    {
        var (from, state) = core.Sessions.LastCheckpoint;
        if (recovery.Damaged > 0 || from < core.EventLog.FirstOrdinal)
        {
            // A session that was dropped lives on in the log only: replay all of it. Counters start over with it.
            from = 0;
        }

        if (from > core.EventLog.NextOrdinal)
        {
            throw new InvalidDataException(
                $"The session checkpoint holds {from} log records but the event log ends at {core.EventLog.NextOrdinal}: the log was cut or replaced.");
        }

        if (from > 0)
            core.RestoreTotal(Checkpoint.Decode(state, core.Ledger, core.Counters, core.Catalog));

        // Visits are in no checkpoint: the log's last part makes them again.
        var earlier = Math.Max(core.EventLog.FirstOrdinal, Math.Min(from, core.EventLog.NextOrdinal - VisitRecords));
        if (earlier < from)
            Revisit(core, earlier, from, report);
        var total = Math.Max(1, core.EventLog.NextOrdinal - from);
        foreach (var record in core.EventLog.Read(from))
        {
            Apply(core, LogEntryCodec.Decode(record.Payload.Span));
            if ((record.Ordinal - from) % 1_000 == 0)
                report($"replaying the event log: {100 * (record.Ordinal - from) / total} %");
        }
    }

    private static void Revisit(EmbeddedCore core, long from, long to, Action<string> report)
    {
        report("reading the latest visits");
        foreach (var record in core.EventLog.Read(from))
        {
            if (record.Ordinal >= to)
                return;
            if (LogEntryCodec.Decode(record.Payload.Span) is LogEntry.Events batch)
            {
                foreach (var e in batch.Accepted)
                    core.Visit(e);
            }
        }
    }

    private static void Apply(EmbeddedCore core, LogEntry? entry)
    {
        switch (entry)
        {
            case LogEntry.Events batch:
                foreach (var e in batch.Accepted)
                {
                    var session = core.Table.Load(e.UserId);
                    if (e.Sequence > session.Sequence && session.ForwardTo is null)
                        core.Table.Set(core.SessionRules.Replay(session, e));
                }

                core.Count(batch.Accepted);
                if (batch.ImportSource is not null)
                    core.Ledger.Advance(batch.ImportSource, batch.ImportNextRow);
                break;

            case LogEntry.Merge merge:
                var target = core.Table.Load(merge.TargetId);
                if (target.ForwardTo is null && merge.Sequence > target.Sequence)
                    core.Table.Set(core.SessionRules.Merge(target, core.Codec.Decode(merge.GuestSession.Span), logged: true));
                if (core.Table.Load(merge.GuestId).ForwardTo is null)
                    core.Table.Set(SessionRules.Forwarded(merge.GuestId, merge.TargetId));
                break;

            default:
                break;
        }
    }

    private static void Say(ILogger logger, string log, LogRecovery recovery)
    {
        if (recovery.TornBytes > 0)
            logger.LogWarning("The {Log} ended in a torn record: cut {Bytes} bytes of {File}. None of them had been acknowledged.", log, recovery.TornBytes, recovery.TornFile);
    }

    private static AsyncCloser Closing(IAsyncDisposable resource) => new(resource);

    private sealed class AsyncCloser(IAsyncDisposable resource) : IDisposable
    {
        public void Dispose() => resource.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
