using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Ranking;

/// <summary>Turns feature rows into scores. Immutable and thread-safe; part of a model.</summary>
public interface IRanker
{
    /// <summary>Hash of the feature schema it was trained on.</summary>
    string SchemaHash { get; }

    /// <summary>Scores <paramref name="count"/> rows of the schema's width, row-major.</summary>
    void Score(ReadOnlySpan<float> rows, int count, Span<float> scores);

    /// <summary>What each feature of one row added to the score (same unit as the score's sum).</summary>
    void Explain(ReadOnlySpan<float> row, Span<double> contributions);
}

/// <summary>Where candidates are scored: in this process, or by a ranker grain on the same silo.</summary>
public interface IScorer
{
    /// <summary>Scores every candidate of the request; cancelled at the deadline.</summary>
    ValueTask<ScoredCandidates> ScoreAsync(RankingRequest request, CancellationToken cancellationToken);
}

/// <summary>A page's candidates with what the assembler needs. Immutable while it is scored.</summary>
public sealed class RankingRequest
{
    public required UserSession Session { get; init; }

    public required RecommenderModel Model { get; init; }

    public required float[]? UserVector { get; init; }

    public required CandidateSet Candidates { get; init; }

    public required long NowMs { get; init; }

    public required string Surface { get; init; }

    /// <summary>What the page is ranked for; null: clicks alone. Without effect where the model has no conversion ranker.</summary>
    public ObjectiveWeights? Objective { get; init; }
}

/// <summary>Scores by candidate, and the exact rows that they were made from.</summary>
/// <param name="Scores">One per candidate.</param>
/// <param name="Features">Candidates x <see cref="FeatureSchema.Width"/>, row-major; may be longer than that.</param>
public sealed record ScoredCandidates(float[] Scores, float[] Features)
{
    private int _released;

    /// <summary>What mixed scores are made of; null where the scores are the ranker's own.</summary>
    public MixedFactors? Factors { get; init; }

    /// <summary>The features were rented from the shared array pool.</summary>
    internal bool IsPooled { get; init; }

    /// <summary>Gives the features back for reuse; neither may be read afterwards. Calling it is optional, a second call does nothing.</summary>
    public void Release()
    {
        if (IsPooled && Interlocked.Exchange(ref _released, 1) == 0)
            System.Buffers.ArrayPool<float>.Shared.Return(Features);
    }
}
