namespace Recs.Grains.Ranking;

/// <summary>Scores candidates on the caller's silo, with the silo's own model, as many at a time as there are cores.</summary>
[Alias("recs.ranker")]
internal interface IRankerGrain : IGrainWithIntegerKey
{
    [Alias("score")]
    [return: Immutable]
    Task<LocalScores> ScoreAsync([Immutable] LocalRanking ranking);
}

/// <summary>
/// Candidates with the model and session that they are scored by. They are objects of one process: a stateless worker is
/// always on its caller's silo, and what would leave it arrives empty and is refused.
/// </summary>
[GenerateSerializer, Immutable, Alias("recs.local-ranking")]
internal sealed class LocalRanking
{
    [NonSerialized]
    private readonly RankingRequest? _request;

    public LocalRanking(RankingRequest request) => _request = request;

    public RankingRequest Request => _request ?? throw new InvalidOperationException("A ranking request does not travel between silos.");
}

/// <summary>Scores in one process; see <see cref="LocalRanking"/>.</summary>
[GenerateSerializer, Immutable, Alias("recs.local-scores")]
internal sealed class LocalScores
{
    [NonSerialized]
    private readonly ScoredCandidates? _scored;

    public LocalScores(ScoredCandidates scored) => _scored = scored;

    public ScoredCandidates Scored => _scored ?? throw new InvalidOperationException("Scores do not travel between silos.");
}

/// <inheritdoc cref="IRankerGrain"/>
[StatelessWorker]
internal sealed class RankerGrain(Silo.SiloEngine engine) : Grain, IRankerGrain
{
    private readonly LocalScorer _scorer = new(new FeatureAssembler(engine.Catalog, engine.Counters));

    public async Task<LocalScores> ScoreAsync(LocalRanking ranking) =>
        new(await _scorer.ScoreAsync(ranking.Request, CancellationToken.None));
}

/// <summary>Has candidates scored by a <see cref="RankerGrain"/>.</summary>
internal sealed class GrainScorer(IGrainFactory grains) : IScorer
{
    public async ValueTask<ScoredCandidates> ScoreAsync(RankingRequest request, CancellationToken cancellationToken) =>
        (await grains.GetGrain<IRankerGrain>(0).ScoreAsync(new LocalRanking(request)).WaitAsync(cancellationToken)).Scored;
}
