using System.Buffers;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Merged candidates of a page: distinct items with every source's score, structure of arrays, which may be longer than
/// what they hold.
/// </summary>
public sealed class CandidateSet
{
    private int _released;

    /// <summary>Source names; a candidate's source s is bit s of its <see cref="SourceBits"/>.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    public required int Count { get; init; }

    /// <summary>Distinct items that the sources found, at least <see cref="Count"/>.</summary>
    public required int Found { get; init; }

    /// <summary>Item numbers, length at least <see cref="Count"/>.</summary>
    public required int[] Items { get; init; }

    /// <summary>Length at least <see cref="Count"/>.</summary>
    public required uint[] SourceBits { get; init; }

    /// <summary>Count x Sources row-major; NaN where the source did not return the item.</summary>
    public required float[] Scores { get; init; }

    /// <summary>Count x Sources row-major: 0-based rank within the source, -1 where it did not return the item.</summary>
    public required int[] Ranks { get; init; }

    /// <summary>The item number that led to each candidate, or -1.</summary>
    public required int[] Because { get; init; }

    /// <summary>True for arrays that may be longer than they need be and go back to a shared pool.</summary>
    internal bool IsPooled { get; init; }

    /// <summary>Gives pooled arrays back, once: nobody may read the set any longer.</summary>
    internal void Release()
    {
        if (!IsPooled || Interlocked.Exchange(ref _released, 1) != 0)
            return;
        ArrayPool<int>.Shared.Return(Items);
        ArrayPool<uint>.Shared.Return(SourceBits);
        ArrayPool<float>.Shared.Return(Scores);
        ArrayPool<int>.Shared.Return(Ranks);
        ArrayPool<int>.Shared.Return(Because);
    }
}
