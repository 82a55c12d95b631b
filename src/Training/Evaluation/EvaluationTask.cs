namespace Recs.Training.Evaluation;

/// <summary>What a protocol asks: train on this, answer these queries.</summary>
public sealed class EvaluationTask
{
    public required Sequences Train { get; init; }

    public required IReadOnlyList<EvaluationQuery> Queries { get; init; }

    /// <summary>Items of a query's history may not be listed.</summary>
    public required bool MaskHistory { get; init; }

    /// <summary>Ids of the data set by item number, for people.</summary>
    public required string[] ItemIds { get; init; }
}

/// <summary>One list to make.</summary>
/// <param name="History">What is known of the user or session, oldest first.</param>
/// <param name="Relevant">Items that are right. One that is in nobody's training data can not be listed and counts against recall.</param>
/// <param name="Group">Queries of one user or session share it: they are not independent.</param>
/// <param name="Run">The training run that the history is of, or -1.</param>
/// <param name="AtMs">When the list is asked for; 0 where only the order is known.</param>
public sealed record EvaluationQuery(int[] History, int[] Relevant, int Group, int Run = -1, long AtMs = 0)
{
    /// <summary>Further items that may not be listed.</summary>
    public int[] Masked { get; init; } = [];

    /// <summary>Times of the history, or empty.</summary>
    public long[] HistoryAtMs { get; init; } = [];
}
