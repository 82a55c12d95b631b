using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Engine.Monitoring;
using Recs.Engine.Pipeline;
using Recs.Engine.Policies;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Tests.Retrieval;

namespace Recs.Engine.Tests.Pipeline;

/// <summary>Pages share memory: none of them may see what another has left in it, or take it from under somebody.</summary>
public sealed class PagePipelineTests : IDisposable
{
    private readonly RetrievalWorld _world = new(items: 600, seed: 3);
    private readonly RecommenderMetrics _metrics = new(TimeProvider.System);
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-pages-").FullName;

    public void Dispose()
    {
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_page_is_the_same_whatever_was_made_before_it()
    {
        var scorer = new LocalScorer(new FeatureAssembler(_world.Catalog, _world.Counters));
        var sessions = Enumerable.Range(0, 12).Select(_world.Session).ToArray();
        var alone = new List<string>();
        foreach (var session in sessions)
            alone.Add(await TextAsync(Pipeline(scorer), _world.Model, session));

        var pipeline = Pipeline(scorer);
        for (var round = 0; round < 3; round++)
        {
            for (var s = sessions.Length - 1; s >= 0; s--)
            {
                await pipeline.MakeAsync(Plan(new PageRequest { UserId = "other", Count = 1 + 7 * s }, sessions[(s + 5) % sessions.Length]), _world.Model, default);
                Assert.Equal(alone[s], await TextAsync(pipeline, _world.Model, sessions[s]));
            }
        }
    }

    [Fact]
    public async Task What_a_late_scorer_still_reads_is_left_to_it()
    {
        var late = new NeverScorer();
        var page = await Pipeline(late).MakeAsync(
            Plan(new PageRequest { UserId = "u", Deadline = TimeSpan.FromSeconds(1) }, _world.Session(8)), _world.Model, default);
        Assert.Contains("ranker", page.Page.Degraded);
        var candidates = Assert.Single(late.Asked).Candidates;
        int[] items = [.. candidates.Items], ranks = [.. candidates.Ranks], because = [.. candidates.Because];
        uint[] bits = [.. candidates.SourceBits];
        float[] scores = [.. candidates.Scores];

        var pipeline = Pipeline(new LocalScorer(new FeatureAssembler(_world.Catalog, _world.Counters)));
        for (var length = 0; length < 30; length++)
            await pipeline.MakeAsync(Plan(new PageRequest { UserId = "u" }, _world.Session(length)), _world.Model, default);

        Assert.Equal(items, candidates.Items);
        Assert.Equal(ranks, candidates.Ranks);
        Assert.Equal(because, candidates.Because);
        Assert.Equal(bits, candidates.SourceBits);
        Assert.Equal(scores, candidates.Scores);
    }

    private PagePipeline Pipeline(IScorer scorer) => new(new PipelineParts
    {
        Catalog = _world.Catalog,
        Counters = _world.Counters,
        Visits = _world.Visits,
        Scorer = scorer,
        Rules = new RuleBook(Path.Combine(_folder, "rules.json"), NullLogger.Instance),
        Scoring = new ScoringBook(Path.Combine(_folder, "scoring.json"), NullLogger.Instance),
        Metrics = _metrics,
        Time = new SetDay(),
        Logger = NullLogger.Instance,
        Options = new RecommenderOptions { MaxCandidates = 200 },
    });

    // Everything that a page says but for how long it took.
    private static async Task<string> TextAsync(PagePipeline pipeline, RecommenderModel model, UserSession session)
    {
        var plan = new PagePlan
        {
            Kind = PageKind.Personal,
            UserId = "u",
            Session = session,
            Count = 15,
            Surface = "home",
            Filter = null,
            Exclude = [],
            Explain = true,
            WhyNot = ["i1", "i7", "nowhere"],
            RequestId = new Guid(7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
            Started = TimeProvider.System.GetTimestamp(),
            Deadline = TimeSpan.FromSeconds(10),
        };
        var page = (await pipeline.MakeAsync(plan, model, default)).Page;
        return JsonSerializer.Serialize(new
        {
            page.Items,
            page.Degraded,
            page.Explanation!.Candidates,
            page.Explanation.WhyNot,
            Sources = page.Explanation.Sources.Select(s => (s.Source, s.Candidates).ToString()),
        });
    }

    private static PagePlan Plan(PageRequest request, UserSession session) =>
        PagePlans.For(request, session, late: false, TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(5));

    /// <summary>Deadlines run as they do; the date is the world's.</summary>
    private sealed class SetDay : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(RetrievalWorld.Now);
    }

    private sealed class NeverScorer : IScorer
    {
        public List<RankingRequest> Asked { get; } = [];

        public async ValueTask<ScoredCandidates> ScoreAsync(RankingRequest request, CancellationToken cancellationToken)
        {
            Asked.Add(request);
            await new TaskCompletionSource().Task;
            throw new InvalidOperationException("unreachable");
        }
    }
}
