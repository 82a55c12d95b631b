using System.Buffers;
using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Ranking;

/// <summary>Assembles and scores in this process, on the caller's thread, with the model's own ranker. Thread-safe.</summary>
public sealed class LocalScorer(FeatureAssembler assembler) : IScorer
{
    public FeatureAssembler Assembler { get; } = assembler;

    /// <summary>
    /// The features come from a shared pool: call <see cref="ScoredCandidates.Release"/> when nobody reads them any
    /// longer, or leave them to the garbage collector.
    /// </summary>
    public ValueTask<ScoredCandidates> ScoreAsync(RankingRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var count = request.Candidates.Count;
        var features = ArrayPool<float>.Shared.Rent(Math.Max(1, count * FeatureSchema.Width));
        var scores = new float[count];
        Assembler.Assemble(request, features, cancellationToken);
        for (var start = 0; start < count; start += FeatureAssembler.Chunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = Math.Min(FeatureAssembler.Chunk, count - start);
            request.Model.Ranker.Score(
                features.AsSpan(start * FeatureSchema.Width, chunk * FeatureSchema.Width), chunk, scores.AsSpan(start, chunk));
        }
        var mixed = request is { Objective: { } weights, Model.Conversion: not null } && count > 0
            ? ObjectiveMixer.Mix(request, weights, Assembler.Catalog, features, scores)
            : null;
        return ValueTask.FromResult(new ScoredCandidates(scores, features) { IsPooled = true, Factors = mixed });
    }
}
