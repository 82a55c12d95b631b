using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;

namespace Recs.Engine.Embedded;

/// <summary>The one-process recommender over one data folder. Thread-safe.</summary>
public sealed class EmbeddedRecommender : IRecommender, IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RecommenderMetrics _metrics;
    private readonly IReadOnlyList<ICandidateSource> _extraSources;
    private readonly DateTimeOffset _startedAt;
    private readonly SemaphoreSlim _lifecycle = new(1, 1);
    private volatile Running? _running;
    private volatile string? _starting = "not started";

    /// <param name="options">Settings; a bad one is refused here, with its range.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="extraSources">Further candidate sources, run beside the built-in ones on personal and "similar to" pages.</param>
    public EmbeddedRecommender(
        RecommenderOptions options, TimeProvider time, ILoggerFactory loggers, IReadOnlyList<ICandidateSource>? extraSources = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.Throw(options);
        OptionsCheck.Throw(options.Sessions);
        SpaceRules.Check(options.Spaces);
        Options = options;
        _time = time;
        _logger = loggers.CreateLogger<EmbeddedRecommender>();
        _metrics = new RecommenderMetrics(time);
        _extraSources = extraSources ?? [];
        _startedAt = time.GetUtcNow();
    }

    public RecommenderOptions Options { get; }

    /// <summary>
    /// Takes the folder's lock, recovers, loads the newest model and starts the background work. Calls made earlier
    /// are refused as NotReady; <see cref="StatusAsync"/> answers at any time.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _lifecycle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_running is not null)
                return;
            _starting = "opening the data folder";
            var core = await Task.Run(() => Recovery.Open(Options, _metrics, _time, _logger, text => _starting = text), cancellationToken).ConfigureAwait(false);
            var running = new Running(core, _extraSources);
            try
            {
                await running.Eraser.FinishInterruptedAsync().ConfigureAwait(false);
                _starting = "loading the model";
                await core.Models.ReloadAsync(cancellationToken).ConfigureAwait(false);
                _starting = "warming up";
                await running.Pages.WarmUpAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await core.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            running.Maintenance.Start();
            _starting = null;
            _running = running;
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    /// <summary>Looks for a newer model now; returns the active version afterwards.</summary>
    public Task<string?> ReloadModelAsync(CancellationToken cancellationToken = default)
    {
        var core = Started.Core;
        core.Scoring.Refresh();
        return core.Models.ReloadAsync(cancellationToken);
    }

    /// <summary>Ends when the model that looks on has scored every page it took.</summary>
    internal Task ShadowIdleAsync() => Started.Core.Shadow.Idle;

    /// <summary>Saves every changed session now, so that the next start replays nothing.</summary>
    public Task CheckpointAsync(CancellationToken cancellationToken = default) =>
        Started.Maintenance.CheckpointAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Receipt> ObserveAsync(
        IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default) =>
        Started.Intake.ObserveAsync(events, import, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default) =>
        Started.Pages.RecommendAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default) =>
        Started.Pages.SimilarAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default) =>
        Started.Pages.TrendingAsync(request, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("userId", userId);
        var core = Started.Core;
        if (!core.Table.Knows(userId))
            return null;
        using var turn = await ForwardedUsers.LockAsync(core, [userId], cancellationToken).ConfigureAwait(false);
        return ProfileView.Of(turn.SessionOf(userId), core.Catalog);
    }

    /// <inheritdoc/>
    public ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default) =>
        Started.Intake.MergeAsync(guestId, targetId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default) =>
        Started.Eraser.ForgetAsync(userId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("itemId", itemId);
        return ValueTask.FromResult(Started.Core.Catalog.Read(itemId));
    }

    /// <inheritdoc/>
    public ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default) =>
        Started.Core.CatalogStore.UpsertAsync(items, _time.GetUtcNow(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("itemId", itemId);
        return Started.Core.CatalogStore.DeleteAsync(itemId, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Started.Core.Models.List());

    /// <inheritdoc/>
    public ValueTask<RuleSet> GetRulesAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Started.Core.Rules.Current);

    /// <inheritdoc/>
    public ValueTask ReplaceRulesAsync(RuleSet rules, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        Started.Core.Rules.Replace(rules);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(StatusView.Of(_running?.Core, _metrics, _starting, _startedAt, _time));

    /// <summary>Stops the background work, saves the sessions and frees the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifecycle.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_running is not { } running)
                return;
            _starting = "stopped";
            _running = null;
            await running.Maintenance.DisposeAsync().ConfigureAwait(false);
            try
            {
                await running.Maintenance.CheckpointAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RecommenderException or IOException)
            {
                _logger.LogWarning("Sessions were not saved at the stop, the event log has them: {Problem}", e.Message);
            }

            await running.Core.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    private Running Started => _running ?? throw new RecommenderException(
        RefusalKind.NotReady, $"The recommender is not ready: {_starting}.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    private sealed class Running
    {
        public Running(EmbeddedCore core, IReadOnlyList<ICandidateSource> extraSources)
        {
            Core = core;
            Intake = new EventIntake(core);
            Eraser = new UserEraser(core);
            Maintenance = new Maintenance(core, Eraser);
            Pages = new PageService(core, Pipeline(core, extraSources), Eraser);
        }

        private static PagePipeline Pipeline(EmbeddedCore core, IReadOnlyList<ICandidateSource> extraSources) => new(new PipelineParts
        {
            Catalog = core.Catalog,
            Counters = core.Counters,
            Visits = core.Visits,
            ExtraSources = extraSources,
            Scorer = new LocalScorer(new FeatureAssembler(core.Catalog, core.Counters)),
            Rules = core.Rules,
            Scoring = core.Scoring,
            Shadow = core.Shadow,
            Metrics = core.Metrics,
            Time = core.Time,
            Logger = core.Logger,
            EventOrdinal = () => core.EventLog.NextOrdinal,
            Options = core.Options,
        });

        public EmbeddedCore Core { get; }

        public EventIntake Intake { get; }

        public UserEraser Eraser { get; }

        public Maintenance Maintenance { get; }

        public PageService Pages { get; }
    }
}
