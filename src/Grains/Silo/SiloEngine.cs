using Recs.Engine.Embedded;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Ranking.Shadow;
using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Grains.Hosting;
using Recs.Grains.Ranking;
using Recs.Grains.Retrieval;

namespace Recs.Grains.Silo;

/// <summary>
/// What one silo's grains share: catalogue, counters, models, rules and the page pipeline. Filled before the silo takes
/// grains, and kept up to date by the silo's services. Thread-safe.
/// </summary>
internal sealed class SiloEngine : IDisposable
{
    /// <summary>Longer than the log's records take to every silo.</summary>
    private static readonly TimeSpan ForgottenFor = TimeSpan.FromMinutes(2);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<ulong, long> _forgotten = [];
    private long _activeUsers;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SiloEngine(
        RecommenderClusterOptions options, TimeProvider time, ILogger<SiloEngine> logger, IGrainFactory grains, ShardRouter router)
    {
        OptionsCheck.Throw(options);
        OptionsCheck.Throw(options.Sessions);
        Options = options;
        Time = time;
        Logger = logger;
        StartedAt = time.GetUtcNow();
        Metrics = new RecommenderMetrics(time);
        SpaceRules.Check(options.Spaces);
        // Before the spaces are declared, which is for good: a silo that is refused leaves nothing.
        ClusterLayout.Check(options);
        // A space that was declared since is served after the next start; the catalogue's own grain drops none of it.
        Catalog = new ItemCatalog(
            options.MaxItems, new ItemVectors(ClusterLayout.DeclareSpaces(options), options.MaxVectorBytes) { SkipsUnknown = true });
        Codec = new SessionCodec(Catalog);
        SessionRules = new SessionRules(Catalog, options.Sessions);
        Counters = new ItemCounters();
        Scoring = new ScoringBook(DataFolder.Scoring(options.ArtifactDirectory), logger);
        Shadow = new ShadowScorer(
            Scoring, version => ModelFolder.Load(Path.Combine(DataFolder.Models(options.ArtifactDirectory), version), Catalog),
            new ShadowLog(DataFolder.Shadow(options.ArtifactDirectory)), new FeatureAssembler(Catalog, Counters), Metrics, time, logger);
        Models = new ModelSlot(DataFolder.Models(options.ArtifactDirectory), Catalog, logger, searched: false) { HeldBack = Scoring.ReadShadowModel };
        Rules = new RuleBook(DataFolder.Rules(options.ArtifactDirectory), logger);
        Pipeline = CreatePipeline(grains, router);
    }

    public RecommenderClusterOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public DateTimeOffset StartedAt { get; }

    public RecommenderMetrics Metrics { get; }

    public ItemCatalog Catalog { get; }

    public SessionCodec Codec { get; }

    public SessionRules SessionRules { get; }

    public ItemCounters Counters { get; }

    /// <summary>What was met in one visit, of the whole cluster.</summary>
    public SessionNeighbourIndex Visits { get; } = new();

    public ModelSlot Models { get; }

    public RuleBook Rules { get; }

    /// <summary>What pages are ranked for, of the whole cluster.</summary>
    public ScoringBook Scoring { get; }

    public ShadowScorer Shadow { get; }

    public PagePipeline Pipeline { get; }

    /// <summary>Completes when the catalogue has caught up with the cluster: before, no user is served.</summary>
    public Task Ready => _ready.Task;

    public void SetReady() => _ready.TrySetResult();

    /// <summary>Why users are not served yet; null when they are.</summary>
    public string? Starting { get; set; } = "starting";

    /// <summary>Users whose grains are active on this silo.</summary>
    public long ActiveUsers => Interlocked.Read(ref _activeUsers);

    public void CountActive(int change) => Interlocked.Add(ref _activeUsers, change);

    /// <summary>Puts an event into its user's visit.</summary>
    /// <param name="user">As <see cref="SessionNeighbourSource.KeyOf"/> gives it.</param>
    /// <param name="item">Item number.</param>
    /// <param name="type">What happened.</param>
    /// <param name="atMs">Milliseconds since 1970.</param>
    /// <param name="weight">The event's weight.</param>
    public void Visit(ulong user, int item, InteractionType type, long atMs, double? weight)
    {
        if (!_forgotten.TryGetValue(user, out var at) || Time.GetElapsedTime(at) >= ForgottenFor)
            Visits.Observe(user, item, type, atMs, weight);
    }

    /// <summary>Removes users from what is met in one visit; what of them is still on its way here is not taken either.</summary>
    public void ForgetVisits(IEnumerable<string> userIds)
    {
        foreach (var (key, at) in _forgotten)
        {
            if (Time.GetElapsedTime(at) >= ForgottenFor)
                _forgotten.TryRemove(key, out _);
        }

        foreach (var key in userIds.Select(SessionNeighbourSource.KeyOf))
        {
            _forgotten[key] = Time.GetTimestamp();
            Visits.Forget(key);
        }
    }

    /// <summary>Refuses while the silo is not ready.</summary>
    public void CheckReady()
    {
        if (!_ready.Task.IsCompletedSuccessfully)
            throw new RecommenderException(RefusalKind.NotReady, $"The silo is not ready: {Starting}.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    public void Dispose() => Metrics.Dispose();

    private PagePipeline CreatePipeline(IGrainFactory grains, ShardRouter router) =>
        new(new PipelineParts
        {
            Catalog = Catalog,
            Counters = Counters,
            Visits = Visits,
            Vectors = new ShardedVectorSource(Catalog, router),
            Scorer = new GrainScorer(grains),
            Rules = Rules,
            Scoring = Scoring,
            Shadow = Shadow,
            Metrics = Metrics,
            Time = Time,
            Logger = Logger,
            Options = Options,
        });
}
