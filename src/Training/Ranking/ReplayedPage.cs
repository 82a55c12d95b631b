namespace Recs.Training.Ranking;

/// <summary>A page as it would have been made just before a positive event, with the item of that event as the answer.</summary>
internal sealed class ReplayedPage
{
    /// <summary>Position of the event in the data set.</summary>
    public required int Event { get; init; }

    /// <summary>Item of the event.</summary>
    public required int Answer { get; init; }

    /// <summary>What the sources found.</summary>
    public required int Candidates { get; init; }

    /// <summary>Place of the answer among the candidates, -1 when no source found it.</summary>
    public required int AnswerAt { get; init; }

    /// <summary>Rows to learn from: the answer and a sample of the others; none where no source found the answer.</summary>
    public required float[] Features { get; init; }

    /// <summary>Rows of <see cref="Features"/>; the answer is the first of them.</summary>
    public required int Rows { get; init; }

    /// <summary>What a served page would rank; null on a page that only teaches.</summary>
    public RankedRows? Ranked { get; init; }

    /// <summary>0-based rank of the answer over all eligible items by user vector; -1 without vector or factors, or where the answer itself is not eligible.</summary>
    public required int AlsRank { get; init; }

    /// <summary>The same by popularity at training.</summary>
    public required int PopularityRank { get; init; }
}

/// <param name="Features">A row a candidate.</param>
/// <param name="Count">Candidates.</param>
/// <param name="Answer">Row of the answer, -1 where it is not among them.</param>
internal sealed record RankedRows(float[] Features, int Count, int Answer);
