namespace Recs.Engine.Pipeline;

/// <summary>One place of a composed page.</summary>
/// <param name="Candidate">Index into the candidate set.</param>
/// <param name="Score">The score after policies.</param>
/// <param name="RankedAt">0-based place before policies.</param>
/// <param name="Rules">Policies that touched it, in words.</param>
internal readonly record struct Placement(int Candidate, float Score, int RankedAt, IReadOnlyList<string> Rules);
