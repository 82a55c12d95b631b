using Recs.Api.Http;

namespace Recs.Api.Endpoints;

/// <summary>The query parameters, one definition each.</summary>
internal static class Parameters
{
    public static readonly QueryParameter Count = new(
        "count", "integer", "Items on the page; 20 when absent.", 1, Limits.MaxPageSize);

    public static readonly QueryParameter Surface = new(
        "surface", "string", "Where the page is shown; \"home\" when absent. Letters, digits, '-', '_' and '.'.");

    public static readonly QueryParameter Filter = new(
        "filter", "string", "Only items that pass, in the filter grammar: category = \"books\" and price < 20.");

    public static readonly QueryParameter Exclude = new(
        "exclude", "string", "Ids that must not be on the page; repeated, or with commas between (a comma within an id is %2C).",
        Maximum: Limits.MaxExcluded, Many: true);

    public static readonly QueryParameter After = new(
        "after", "integer", "The page is made from a state at or past this sequence, from a receipt.");

    public static readonly QueryParameter Explain = new(
        "explain", "boolean", "Adds features, contributions and rules to every item, and the page's trace.");

    public static readonly QueryParameter WhyNot = new(
        "whyNot", "string", "Up to 100 ids to explain the absence of; implies explain.", Maximum: 100, Many: true);

    public static readonly QueryParameter IncludeSeen = new(
        "includeSeen", "boolean", "Also offers items that the user has already met.");

    public static readonly QueryParameter DeadlineMs = new(
        "deadlineMs", "integer", "Time for the page, in milliseconds; 100 when absent.",
        (long)Limits.MinDeadline.TotalMilliseconds, (long)Limits.MaxDeadline.TotalMilliseconds);

    public static readonly QueryParameter UserId = new(
        "userId", "string", "Leaves out what this user has seen or hidden.");

    public static readonly QueryParameter Space = new(
        "space", "string", "Only the nearest by the vectors of this named space; the item must have one there.");

    public static readonly QueryParameter ImportSource = new(
        "importSource", "string", "Names the content of an import, so that the same rows arriving again change nothing; goes with importFirstRow.");

    public static readonly QueryParameter ImportFirstRow = new(
        "importFirstRow", "integer", "0-based row of the batch's first event within the import.");
}
