using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Embedded;

/// <summary>How a page came out the second time.</summary>
/// <param name="RequestId">The page.</param>
/// <param name="UserId">Its user.</param>
/// <param name="Outcome">"same", "different", or why it was not made again: "degraded", "no model", "no space", "not recorded".</param>
/// <param name="Difference">The first thing that differs, in words; null when nothing does.</param>
/// <param name="SharedItems">Items on both pages.</param>
/// <param name="Items">Items on the page as it was.</param>
/// <param name="Rows">Logged feature rows compared byte for byte.</param>
public sealed record ReplayedImpression(
    string RequestId, string? UserId, string Outcome, string? Difference, int SharedItems, int Items, int Rows);

/// <summary>
/// Makes logged pages again from a data folder: event log, impression records, catalogue, model and seed. With the same
/// model every page comes out as it was, its feature rows byte for byte, unless the catalogue, the rules or the settings
/// changed since; with another model, what that model would have shown. Reads only; a server may have the folder open.
/// Not thread-safe. Sessions of all users are held in memory.
/// </summary>
public sealed class PageReplay
{
    private readonly RecommenderOptions _options;
    private readonly string? _otherModel;
    private readonly ItemCatalog _catalog;
    private readonly ItemCounters _counters = new();
    private readonly SessionNeighbourIndex _visits = new();
    private readonly Dictionary<string, UserSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecommenderModel?> _models = new(StringComparer.Ordinal);
    private readonly SessionRules _rules;
    private readonly SessionCodec _codec;
    private readonly PageClock _clock = new();

    /// <param name="options">Those that the pages were made with; <see cref="RecommenderOptions.DataDirectory"/> says where.</param>
    /// <param name="model">Version to make all pages with; null: each with its own.</param>
    public PageReplay(RecommenderOptions options, string? model = null)
    {
        (_options, _otherModel) = (options, model);
        _catalog = new ItemCatalog(options.MaxItems, new ItemVectors(SpaceFile.Read(options.DataDirectory), options.MaxVectorBytes));
        CatalogStore.ReadInto(DataFolder.Catalog(options.DataDirectory), _catalog);
        _catalog.Vectors.MakeSearchable();
        _rules = new SessionRules(_catalog, options.Sessions);
        _codec = new SessionCodec(_catalog);
        if (model is not null && ModelOf(model) is null)
            throw new RecommenderException(RefusalKind.NotFound, $"No model '{model}' in {DataFolder.Models(options.DataDirectory)}.") { Field = "model", Value = model };
    }

    /// <summary>Every logged page from <paramref name="from"/> on, up to <paramref name="limit"/> of them, in the order of the event log.</summary>
    public async IAsyncEnumerable<ReplayedImpression> RunAsync(
        DateTimeOffset from = default, int limit = int.MaxValue,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var first = from == default ? long.MinValue : from.ToUnixTimeMilliseconds();
        var impressions = SegmentedLog.ReadFolder(DataFolder.Impressions(_options.DataDirectory))
            .Select(r => ImpressionCodec.Decode(r.Payload)).OfType<ImpressionRecord>()
            .Where(i => i.AtMs >= first).OrderBy(i => i.Asked?.EventOrdinal ?? -1).Take(limit).ToArray();
        using var metrics = new RecommenderMetrics(_clock);
        var pipeline = Pipeline(metrics);
        using var events = SegmentedLog.ReadFolder(DataFolder.Events(_options.DataDirectory)).GetEnumerator();
        var hasNext = events.MoveNext();
        foreach (var record in impressions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (; hasNext && events.Current.Ordinal < (record.Asked?.EventOrdinal ?? -1); hasNext = events.MoveNext())
                Apply(LogEntryCodec.Decode(events.Current.Payload.Span));
            yield return await AgainAsync(pipeline, record, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<ReplayedImpression> AgainAsync(PagePipeline pipeline, ImpressionRecord record, CancellationToken cancellationToken)
    {
        var version = _otherModel ?? record.ModelVersion;
        if (record.Asked is not { EventOrdinal: >= 0 } asked)
            return NotMade(record, "not recorded", "The record does not say what was asked for.");
        if (record.Degraded.Count > 0)
            return NotMade(record, "degraded", $"Left out in its time: {string.Join(", ", record.Degraded)}.");
        if (version is not null && ModelOf(version) is null)
            return NotMade(record, "no model", $"Model {version} is no longer there.");
        if (asked.Space is not null && _catalog.Vectors.Find(asked.Space) is null)
            return NotMade(record, "no space", $"Space '{asked.Space}' is no longer there.");
        var session = record.UserId is null ? UserSession.Empty("") : SessionOf(record.UserId);
        _clock.Now = DateTimeOffset.FromUnixTimeMilliseconds(record.AtMs);
        var made = await pipeline.MakeAsync(
            new PagePlan
            {
                Kind = Enum.Parse<PageKind>(asked.Kind, ignoreCase: true),
                UserId = record.UserId,
                Session = session,
                SeedItem = asked.SeedItemId is not null && _catalog.TryGetNumber(asked.SeedItemId, out var seed) ? seed : -1,
                Count = asked.Count,
                Surface = record.Surface,
                Filter = asked.Filter is null ? null : ItemFilter.Parse(asked.Filter),
                Exclude = asked.Exclude,
                IncludeSeen = asked.IncludeSeen,
                Explain = false,
                Started = _clock.GetTimestamp(),
                Deadline = Limits.MaxDeadline,
                RequestId = Guid.ParseExact(record.RequestId, "N"),
                Objective = asked.Objective,
                Space = asked.Space,
            },
            version is null ? null : ModelOf(version), cancellationToken).ConfigureAwait(false);
        return ReplayComparison.Of(record, made.Impression, session.Sequence);
    }

    private static ReplayedImpression NotMade(ImpressionRecord record, string outcome, string why) =>
        new(record.RequestId, record.UserId, outcome, why, 0, record.Shown.Count, 0);

    private PagePipeline Pipeline(RecommenderMetrics metrics)
    {
        var rules = new RuleBook(DataFolder.Rules(_options.DataDirectory), NullLogger.Instance);
        rules.Refresh();
        return new PagePipeline(new PipelineParts
        {
            Catalog = _catalog,
            Counters = _counters,
            Visits = _visits,
            Scorer = new LocalScorer(new FeatureAssembler(_catalog, _counters)),
            Rules = rules,
            Scoring = new ScoringBook(DataFolder.Scoring(_options.DataDirectory), NullLogger.Instance),
            Metrics = metrics,
            Time = _clock,
            Logger = NullLogger.Instance,
            // Every row is wanted, to be compared with what was logged.
            Options = _options with { FeatureLogShare = 1 },
        });
    }

    private void Apply(LogEntry? entry)
    {
        if (entry is LogEntry.Events batch)
        {
            foreach (var e in batch.Accepted)
            {
                _sessions[e.UserId] = _rules.Replay(SessionOf(e.UserId), e);
                if (!_catalog.TryGetNumber(e.ItemId, out var item))
                    continue;
                _counters.Count(item, e.Type, e.AtMs, e.Weight);
                _visits.Observe(SessionNeighbourSource.KeyOf(e.UserId), item, e.Type, e.AtMs, e.Weight);
            }
        }
        else if (entry is LogEntry.Merge merge)
        {
            _sessions[merge.TargetId] = _rules.Merge(SessionOf(merge.TargetId), _codec.Decode(merge.GuestSession.Span), logged: true);
        }
    }

    private UserSession SessionOf(string userId) => _sessions.GetValueOrDefault(userId) ?? UserSession.Empty(userId);

    private RecommenderModel? ModelOf(string version)
    {
        if (!_models.TryGetValue(version, out var model))
        {
            var folder = Path.Combine(DataFolder.Models(_options.DataDirectory), version);
            _models[version] = model = Directory.Exists(folder) ? ModelFolder.Load(folder, _catalog) : null;
        }

        return model;
    }

    /// <summary>The moment of the page that is made again; timers run by the real clock.</summary>
    private sealed class PageClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
