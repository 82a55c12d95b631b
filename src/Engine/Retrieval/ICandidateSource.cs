using System.Buffers;

namespace Recs.Engine.Retrieval;

/// <summary>
/// One way to find candidates. Sources of a page run at the same time; a late one is left out. Implementations are
/// thread-safe, poll the token in long loops, and return only items in <see cref="RetrievalContext.Eligible"/>.
/// </summary>
public interface ICandidateSource
{
    /// <summary>Short, stable, lower-case: shown on pages and in metrics.</summary>
    string Name { get; }

    /// <summary>
    /// True when the answer to this page waits for nothing but a short computation that polls its token, with nothing to be
    /// made anew first: where the source has proved quick, the page then works it out on its own thread, and so waits for it.
    /// </summary>
    bool IsReady(RetrievalContext context) => false;

    /// <summary>
    /// Adds up to <see cref="RetrievalContext.Limit"/> candidates, best first. The list belongs to this call until it
    /// ends, even past the deadline.
    /// </summary>
    ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken);
}

/// <summary>What a source sees of a page. Immutable while sources run.</summary>
public sealed class RetrievalContext
{
    public required UserSession Session { get; init; }

    /// <summary>Null before the first model.</summary>
    public required RecommenderModel? Model { get; init; }

    /// <summary>The folded-in user vector under <see cref="Model"/>; null without model or known history.</summary>
    public required float[]? UserVector { get; init; }

    /// <summary>Items that may be on the page: available, passing the filter, not excluded, seen or hidden. Read only.</summary>
    public required ItemMask Eligible { get; init; }

    /// <summary>How many of <see cref="Eligible"/> are set.</summary>
    public required int EligibleCount { get; init; }

    /// <summary>The filter that <see cref="Eligible"/> was made with; null for none. For sources that search elsewhere.</summary>
    public ItemFilter? Filter { get; init; }

    /// <summary>Item numbers left out of <see cref="Eligible"/> for reasons of the page: seen, hidden, excluded, the seed.</summary>
    public IReadOnlyList<int> Without { get; init; } = [];

    /// <summary>The seed of a "similar to" page; -1 on others.</summary>
    public int SeedItem { get; init; } = -1;

    /// <summary>Where the page is shown.</summary>
    public string Surface { get; init; } = "home";

    public required long NowMs { get; init; }

    /// <summary>Candidates wanted from each source.</summary>
    public required int Limit { get; init; }

    /// <summary>Held while the page's rankings are chosen.</summary>
    internal Lock Choosing { get; } = new();

    /// <summary>The rankings that all sources of the page read; chosen by the first that asks.</summary>
    internal AttentionSnapshot? Attention { get; set; }
}

/// <summary>
/// Candidates of one source in its own order. Not thread-safe: one source fills one list, and leaves it alone when its call
/// has ended: the page empties it.
/// </summary>
public sealed class CandidateList
{
    private const int FirstRoom = 256;

    private Candidate[] _candidates = [];

    public int Count { get; private set; }

    /// <param name="item">Item number.</param>
    /// <param name="score">The source's own score, higher is better; finite.</param>
    /// <param name="because">The item number that led to it ("because you liked …"), or -1.</param>
    public void Add(int item, float score, int because = -1)
    {
        if (Count == _candidates.Length)
            Grow();
        _candidates[Count++] = new Candidate(item, score, because);
    }

    /// <summary>Forgets what was added, for a source that starts over.</summary>
    public void Clear() => Count = 0;

    /// <summary>Valid until the next <see cref="Add"/> or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<Candidate> Span => _candidates.AsSpan(0, Count);

    /// <summary>Empties the list and gives its memory to other pages: nobody may hold its <see cref="Span"/> any longer.</summary>
    internal void Release()
    {
        var released = _candidates;
        (_candidates, Count) = ([], 0);
        if (released.Length > 0)
            ArrayPool<Candidate>.Shared.Return(released);
    }

    private void Grow()
    {
        var (full, count) = (_candidates, Count);
        var larger = ArrayPool<Candidate>.Shared.Rent(Math.Max(FirstRoom, 2 * count));
        full.AsSpan(0, count).CopyTo(larger);
        Release();
        (_candidates, Count) = (larger, count);
    }
}

public readonly record struct Candidate(int Item, float Score, int Because);
