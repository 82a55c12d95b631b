using System.ComponentModel.DataAnnotations;

namespace Recs.Engine.Pipeline;

/// <summary>Settings of page making, the same in every host.</summary>
public abstract record PageOptions
{
    /// <summary>Deadline of a page that names none. Default 100 ms, 1 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Candidates asked of each source, or as many as the page has places where those are more. Default 100, 10 to 2,000.</summary>
    [Range(10, 2000)]
    public int CandidatesPerSource { get; init; } = 100;

    /// <summary>
    /// Most candidates of a page that are ranked: where the sources found more, those with the best places in all of them. Never
    /// fewer than the page has places. Default 160, 10 to 20,000.
    /// </summary>
    [Range(10, 20_000)]
    public int MaxCandidates { get; init; } = 160;

    /// <summary>Most items of one category on a page, as a share of it; 1 switches the cap off. Default 0.5, 0.05 to 1.</summary>
    [Range(0.05, 1)]
    public double MaxCategoryShare { get; init; } = 0.5;

    /// <summary>Places of a page of 10 or more given to new items, to be tried. Default 1, 0 to 5.</summary>
    [Range(0, 5)]
    public int ExplorationSlots { get; init; } = 1;

    /// <summary>Share of pages whose impression record carries the exact feature rows. Default 0.1, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double FeatureLogShare { get; init; } = 0.1;

    /// <summary>Seed of everything drawn at random. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What is asked of each source for a page of so many places.</summary>
    internal int CandidatesPerSourceFor(int places) => Math.Max(CandidatesPerSource, places);

    /// <summary>How many are ranked at most for a page of so many places.</summary>
    internal int MaxCandidatesFor(int places) => Math.Max(MaxCandidates, places);
}
