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

    /// <summary>Of an evaluation page, by row: whether it is among the candidates that a served page would rank; null where all are.</summary>
    public bool[]? Ranked { get; init; }

    /// <summary>Rows kept: candidates x width on an evaluation page; else the answer and a sample of the others.</summary>
    public required float[] Features { get; init; }

    /// <summary>Rows of <see cref="Features"/>; the answer, when found, is row <see cref="AnswerRow"/>.</summary>
    public required int Rows { get; init; }

    public required int AnswerRow { get; init; }

    /// <summary>0-based rank of the answer over all eligible items by user vector; -1 without vector or factors, or where the answer itself is not eligible.</summary>
    public required int AlsRank { get; init; }

    /// <summary>The same by popularity at training.</summary>
    public required int PopularityRank { get; init; }

    /// <summary>Whether a served page would rank the answer.</summary>
    public bool RanksAnswer => AnswerAt >= 0 && Ranks(AnswerRow);

    /// <summary>Candidates that a served page would rank.</summary>
    public int RankedCount => Ranked is null ? Candidates : Ranked.AsSpan().Count(true);

    public bool Ranks(int row) => Ranked is null || Ranked[row];
}
