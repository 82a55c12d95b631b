using Microsoft.Extensions.Logging;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Ranking.Shadow;
using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Pipeline;

/// <summary>What a pipeline is made of; shared by its pages.</summary>
internal sealed class PipelineParts
{
    public required ItemCatalog Catalog { get; init; }

    public required ItemCounters Counters { get; init; }

    /// <summary>What was met in one visit.</summary>
    public required SessionNeighbourIndex Visits { get; init; }

    /// <summary>Searches the behaviour vectors; the model's own index when absent.</summary>
    public ICandidateSource? Vectors { get; init; }

    /// <summary>Asked for personal pages and "similar to" pages, beside the standard ones.</summary>
    public IReadOnlyList<ICandidateSource> ExtraSources { get; init; } = [];

    public required IScorer Scorer { get; init; }

    public required RuleBook Rules { get; init; }

    /// <summary>What pages are ranked for.</summary>
    public required ScoringBook Scoring { get; init; }

    /// <summary>Gets every page's candidates when it is done; null where no model looks on.</summary>
    public ShadowScorer? Shadow { get; init; }

    public required RecommenderMetrics Metrics { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    public required PageOptions Options { get; init; }

    /// <summary>Where the event log ends, for the impression record; null without one.</summary>
    public Func<long>? EventOrdinal { get; init; }
}

/// <summary>
/// One page from one snapshot under one model: eligible items, sources in parallel, merge, rank, policies. Every stage
/// has its share of one deadline; what is late or fails is named and left out. Thread-safe.
/// </summary>
internal sealed class PagePipeline(PipelineParts parts)
{
    private const double RetrievalShare = 0.7;
    private const double RankingShare = 0.95;

    private readonly Eligibility _eligibility = new(parts.Catalog);
    private readonly PageComposer _composer = new(parts.Catalog);
    private readonly Dictionary<PageKind, SourceFanOut> _sources = SourcesOf(parts);
    private readonly Dictionary<string, SourceFanOut> _spaces = SpacesOf(parts);

    public async ValueTask<MadePage> MakeAsync(PagePlan plan, RecommenderModel? trained, CancellationToken cancellationToken)
    {
        using var activity = RecommenderMetrics.Activities.StartActivity("recs.page");
        var clock = new StageClock(parts.Time, plan.Started);
        var run = new PageRun(plan, trained, parts);
        var without = _eligibility.Without(plan);
        var mask = _eligibility.For(plan.Filter, without);
        run.Context = Context(run, mask, without);
        clock.Mark(Stage.Session);

        var fanOut = await RetrieveAsync(run, cancellationToken).ConfigureAwait(false);
        run.Note(fanOut);
        clock.Mark(Stage.Retrieve);

        run.Candidates = CandidateMerger.Merge(fanOut.Names, fanOut.Lists, parts.Options.MaxCandidatesFor(plan.Count), pooled: true);
        clock.Mark(Stage.Merge);

        await RankAsync(run, cancellationToken).ConfigureAwait(false);
        clock.Mark(Stage.Rank);

        run.Placements = _composer.Compose(ComposeRequest(run));
        clock.Mark(Stage.Policy);
        var made = new PageBuilder(run, parts, fanOut, clock).Build();
        // Pages that warm up or are made again are nobody's.
        var shadowed = run.Ranking is { } ranking && run.Scored is not null && plan is { UserId: not null, RequestId: null } &&
            parts.Shadow?.Offer(new ShadowJob(ranking, run.Scores, run.RequestId, run.Seed)) == true;
        run.Release(fanOut, keepCandidates: shadowed);
        if (fanOut.AllEnded)
            _eligibility.Return(mask);

        if (!plan.IsWarmUp)
        {
            parts.Metrics.Page(clock.Total, made.Page.Items.Count, run.Degraded);
            clock.Report(parts.Metrics);
        }

        activity?.SetTag("recs.page.kind", plan.Kind.ToString()).SetTag("recs.page.degraded", string.Join(',', run.Degraded));
        return made;
    }

    /// <summary>
    /// Makes pages for nobody, so that the first people do not wait for the compiler: enough that it takes the code for
    /// hot, for a second at most. Nothing of them is logged.
    /// </summary>
    public async Task WarmUpAsync(Func<RecommenderModel?> model, CancellationToken cancellationToken)
    {
        // A method is hot when it was called 30 times.
        const int Pages = 40;
        var session = SomeSession();
        var until = parts.Time.GetTimestamp() + parts.Time.TimestampFrequency;
        for (var i = 0; i < Pages && parts.Catalog.AvailableCount > 0 && parts.Time.GetTimestamp() < until; i++)
            await MakeAsync(PagePlans.WarmUp(parts.Time.GetTimestamp(), session), model(), cancellationToken).ConfigureAwait(false);
    }

    private UserSession SomeSession()
    {
        const int Items = 8;
        var events = new List<Interaction>(Items);
        for (var item = 0; item < parts.Catalog.Count && events.Count < Items; item++)
        {
            if (parts.Catalog.Get(item) is { } known)
                events.Add(new Interaction { UserId = "", ItemId = known.Item.Id, Type = InteractionType.Click, Timestamp = parts.Time.GetUtcNow() });
        }

        return new SessionRules(parts.Catalog, new SessionOptions()).Apply(UserSession.Empty(""), events).Session;
    }

    private static Dictionary<PageKind, SourceFanOut> SourcesOf(PipelineParts parts)
    {
        var standard = new CandidateSources(parts.Catalog, parts.Counters, parts.Visits, parts.Vectors);
        var pinned = new PinnedSource(parts.Catalog, parts.Rules, parts.Time);
        return new Dictionary<PageKind, SourceFanOut>
        {
            [PageKind.Personal] = FanOut([.. standard.Personal, .. parts.ExtraSources, pinned]),
            [PageKind.Similar] = FanOut([.. standard.Similar, .. parts.ExtraSources, pinned]),
            [PageKind.Trending] = FanOut([.. standard.Trending, pinned]),
        };

        SourceFanOut FanOut(ICandidateSource[] sources) => new(sources, parts.Time, parts.Logger);
    }

    // What is near in one space, and what the shop pins.
    private static Dictionary<string, SourceFanOut> SpacesOf(PipelineParts parts) => parts.Catalog.Vectors.Spaces.ToDictionary(
        space => space.Space.Name,
        space => new SourceFanOut(
            [new VectorSource(space), new PinnedSource(parts.Catalog, parts.Rules, parts.Time)], parts.Time, parts.Logger),
        StringComparer.Ordinal);

    private RetrievalContext Context(PageRun run, ItemMask mask, int[] without) => new()
    {
        Session = run.Plan.Session,
        Model = run.Trained,
        UserVector = run.UserVector,
        Eligible = mask,
        EligibleCount = mask.CountSet(),
        Filter = run.Plan.Filter,
        Without = without,
        SeedItem = run.Plan.SeedItem,
        Surface = run.Plan.Surface,
        NowMs = run.NowMs,
        Limit = parts.Options.CandidatesPerSourceFor(run.Plan.Count),
    };

    private async ValueTask<FanOutResult> RetrieveAsync(PageRun run, CancellationToken cancellationToken)
    {
        using var deadline = Deadline.Until(run.Plan.Started, run.Plan.Deadline, RetrievalShare, parts.Time, cancellationToken);
        var sources = run.Plan.Space is { } space ? _spaces[space] : _sources[run.Plan.Kind];
        var result = await sources.RunAsync(run.Context, deadline.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    // Only personal pages are ranked by the model; the others keep the order of their sources.
    private async ValueTask RankAsync(PageRun run, CancellationToken cancellationToken)
    {
        if (run.Plan.Kind == PageKind.Personal && run.Candidates.Count > 0)
        {
            using var deadline = Deadline.Until(run.Plan.Started, run.Plan.Deadline, RankingShare, parts.Time, cancellationToken);
            try
            {
                var request = new RankingRequest
                {
                    Session = run.Plan.Session,
                    Model = run.Model,
                    UserVector = run.UserVector,
                    Candidates = run.Candidates,
                    NowMs = run.NowMs,
                    Surface = run.Plan.Surface,
                    Objective = run.Objective,
                };
                run.Ranking = request;
                run.Scored = await parts.Scorer.ScoreAsync(request, deadline.Token).AsTask().WaitAsync(deadline.Token).ConfigureAwait(false);
                run.Scores = run.Scored.Scores;
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                run.Degraded.Add("ranker");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                parts.Logger.LogError(e, "The ranker failed; the page keeps the order of its sources.");
                run.Degraded.Add("ranker");
            }
        }

        run.Scores = RankFusion.Score(run.Candidates);
    }

    private ComposeRequest ComposeRequest(PageRun run) => new()
    {
        Candidates = run.Candidates,
        Scores = run.Scores,
        LogOdds = run.Scored is not null,
        Count = run.Plan.Count,
        Rules = parts.Rules.Current.For(run.Plan.Surface, run.At),
        MaxCategoryShare = run.Plan.Kind == PageKind.Personal ? parts.Options.MaxCategoryShare : 1,
        ExplorationSlots = run.Plan.Kind == PageKind.Personal ? parts.Options.ExplorationSlots : 0,
        Seed = run.Seed,
        StillPasses = item => _eligibility.StillPasses(item, run.Plan),
    };
}
