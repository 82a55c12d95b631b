namespace Recs.Training.Evaluation.Protocols;

/// <summary>How a published table was made, as data: enough to make it again.</summary>
public sealed record Protocol
{
    public required string Name { get; init; }

    /// <summary>One line for people.</summary>
    public required string About { get; init; }

    /// <summary>How its files are read and split; see <see cref="ProtocolReader"/>.</summary>
    public required ProtocolFormat Format { get; init; }

    /// <summary>Files below the data folder, by what they are for.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>True when items of a query's history may not be listed.</summary>
    public required bool MaskHistory { get; init; }

    /// <summary>Cutoffs; the first is the headline's.</summary>
    public required IReadOnlyList<int> Cutoffs { get; init; }

    /// <summary>Metric that settings are chosen by: "ndcg@10".</summary>
    public required string Target { get; init; }

    /// <summary>How the validation split is cut from the training rows; test rows never take part.</summary>
    public required string Validation { get; init; }

    /// <summary>The model whose settings were chosen on the validation split; how is in docs/evaluation.md.</summary>
    public required string Chosen { get; init; }

    /// <summary>Published figures, and figures of peers on the same files.</summary>
    public IReadOnlyList<PublishedRow> Published { get; init; } = [];
}

/// <param name="Method">Who made it.</param>
/// <param name="Values">By metric name.</param>
public sealed record PublishedRow(string Method, IReadOnlyDictionary<string, double> Values);

public enum ProtocolFormat
{
    /// <summary>Tab-separated user, item, rating, time; a train and a test file; top n per user.</summary>
    RatingSplit,

    /// <summary>Tab-separated user and item index, in order of time; train, valid and test files; top n per user.</summary>
    IndexSplit,

    /// <summary>One history a line; inputs and targets of the queries in files of their own.</summary>
    NextItemLines,

    /// <summary>One session a line, in order of time; a test file of prefix, tab, next item.</summary>
    SessionPrefixes,

    /// <summary>A header and SessionId, ItemId, Time; every prefix of a test session asks for its next item.</summary>
    SessionEvents,

    /// <summary>The same, but only the events that a published list of recommendations covers.</summary>
    SessionEventsOfList,
}
