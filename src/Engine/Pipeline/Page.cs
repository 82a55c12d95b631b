using System.Text.Json.Serialization;

namespace Recs.Engine.Pipeline;

/// <summary>A page of recommendations. Immutable.</summary>
public sealed record Page
{
    /// <summary>Names this page in the impression log; send it back with the events that the page causes.</summary>
    public required string RequestId { get; init; }

    /// <summary>The id asked for; absent on pages for nobody in particular.</summary>
    public string? UserId { get; init; }

    /// <summary>The user's sequence that the page was made from; 0 for a user never seen.</summary>
    public required long Sequence { get; init; }

    /// <summary>The one model the page used throughout; <see langword="null"/> before the first model.</summary>
    public required string? ModelVersion { get; init; }

    public required IReadOnlyList<PageItem> Items { get; init; }

    /// <summary>Stages that were late or failed and left out: source names, "ranker", "session". Empty on a whole page.</summary>
    public required IReadOnlyList<string> Degraded { get; init; }

    public required PageTimings Timings { get; init; }

    /// <summary>Present when asked for.</summary>
    public PageExplanation? Explanation { get; init; }
}

/// <summary>One place on a page.</summary>
public sealed record PageItem
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>The score that ordered the page; comparable within one page only.</summary>
    public required double Score { get; init; }

    /// <summary>The candidate sources that found it.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>A sentence for people: "Because you liked …".</summary>
    public required string Reason { get; init; }

    /// <summary>Present when asked for.</summary>
    public ItemExplanation? Explanation { get; init; }
}

/// <summary>Where the time went, in milliseconds.</summary>
public sealed record PageTimings(
    double SessionMs, double RetrieveMs, double MergeMs, double RankMs, double PolicyMs, double TotalMs);

/// <summary>What moved one item to its place.</summary>
public sealed record ItemExplanation
{
    /// <summary>Each source's own score of the item.</summary>
    public required IReadOnlyDictionary<string, double> SourceScores { get; init; }

    /// <summary>The ranker's score before policies.</summary>
    public required double RankScore { get; init; }

    /// <summary>0-based place before policies.</summary>
    public required int RankedAt { get; init; }

    /// <summary>What the score is made of where it is no click score alone; absent elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ObjectiveExplanation? Objective { get; init; }

    /// <summary>Every feature of the schema, strongest contribution first: to the click score, where the score is a mixed one.</summary>
    public required IReadOnlyList<FeatureContribution> Features { get; init; }

    /// <summary>Policies that touched it, in order, in words.</summary>
    public required IReadOnlyList<string> Rules { get; init; }
}

/// <summary>The rank score is log(PClick (Click + PBuy (Purchase + Value Price))).</summary>
/// <param name="PClick">Probability of a click.</param>
/// <param name="PBuy">Probability of a purchase, given a click.</param>
/// <param name="Price">Of the item; 0 without one.</param>
/// <param name="Click">Worth of a click.</param>
/// <param name="Purchase">Worth of a purchase.</param>
/// <param name="Value">Worth of one unit of the price of what is bought.</param>
public sealed record ObjectiveExplanation(double PClick, double PBuy, double Price, double Click, double Purchase, double Value);

/// <param name="Name">The feature's name in the schema.</param>
/// <param name="Value">Its value.</param>
/// <param name="Contribution">What it added to the ranker's score (log-odds for the logistic ranker).</param>
public sealed record FeatureContribution(string Name, double Value, double Contribution);

/// <summary>How a page was made.</summary>
public sealed record PageExplanation
{
    /// <summary>Candidates each source returned, and how long it took.</summary>
    public required IReadOnlyList<SourceTrace> Sources { get; init; }

    /// <summary>Distinct candidates after the merge.</summary>
    public required int Candidates { get; init; }

    /// <summary>Items of the catalogue that were eligible (available, passing the filter, not excluded, seen or hidden).</summary>
    public required int Eligible { get; init; }

    /// <summary>For each id asked about: where it was lost.</summary>
    public required IReadOnlyList<WhyNot> WhyNot { get; init; }
}

/// <param name="Source">The source's name.</param>
/// <param name="Candidates">How many it returned.</param>
/// <param name="Ms">How long it took, in milliseconds.</param>
/// <param name="Late">True when it missed the deadline or failed, and was left out.</param>
public sealed record SourceTrace(string Source, int Candidates, double Ms, bool Late);

/// <param name="ItemId">The id asked about.</param>
/// <param name="Stage">catalog, filter, session, retrieval, ranking, policy or page (it is on the page).</param>
/// <param name="Detail">A sentence with the numbers: its rank and the cut, the rule, the term that failed.</param>
public sealed record WhyNot(string ItemId, string Stage, string Detail);
