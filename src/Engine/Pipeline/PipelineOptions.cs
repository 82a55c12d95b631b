namespace Recs.Engine.Pipeline;

/// <summary>Settings of page making; their ranges are those of the host's options of the same names.</summary>
internal sealed record PipelineOptions
{
    public required int CandidatesPerSource { get; init; }

    public required double MaxCategoryShare { get; init; }

    public required int ExplorationSlots { get; init; }

    /// <summary>Share of pages whose impression record carries the feature rows, 0 to 1.</summary>
    public required double FeatureLogShare { get; init; }

    public required int Seed { get; init; }
}
