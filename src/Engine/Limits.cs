namespace Recs.Engine;

/// <summary>Bounds on what a caller may send. Each is named in the error that it causes.</summary>
public static class Limits
{
    /// <summary>Longest user, item, event or request id, in UTF-16 code units. Ids may not be blank or hold control characters.</summary>
    public const int MaxIdLength = 128;

    /// <summary>Most events in one batch.</summary>
    public const int MaxEventsPerBatch = 1_000;

    /// <summary>Most items in one bulk write.</summary>
    public const int MaxItemsPerBatch = 1_000;

    /// <summary>Most items on one page, and how many are on one whose request does not say.</summary>
    public const int MaxPageSize = 200, DefaultPageSize = 20;

    /// <summary>Most ids in an exclude list.</summary>
    public const int MaxExcluded = 1_000;

    /// <summary>Longest filter expression, in UTF-16 code units.</summary>
    public const int MaxFilterLength = 4_096;

    /// <summary>Deepest nesting and most comparisons of a filter.</summary>
    public const int MaxFilterDepth = 16, MaxFilterTerms = 256;

    /// <summary>Longest title.</summary>
    public const int MaxTitleLength = 512;

    /// <summary>Most categories, tags and other attributes of one item, and the longest of their texts.</summary>
    public const int MaxCategories = 16, MaxTags = 64, MaxAttributes = 64, MaxTermLength = 128;

    /// <summary>Most named spaces of a catalogue.</summary>
    public const int MaxSpaces = 8;

    /// <summary>Fewest and most values of a vector in a named space.</summary>
    public const int MinDimensions = 16, MaxDimensions = 1_024;

    /// <summary>Most bytes that the vectors of one bulk write take, four a value.</summary>
    public const int MaxVectorBytesPerBatch = 16 << 20;

    /// <summary>Longest surface name.</summary>
    public const int MaxSurfaceLength = 64;

    /// <summary>How far ahead of the clock an event may be stamped.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(10);

    /// <summary>Earliest legal event time.</summary>
    public static readonly DateTimeOffset EarliestTimestamp = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Shortest and longest deadline of a page.</summary>
    public static readonly TimeSpan MinDeadline = TimeSpan.FromMilliseconds(1), MaxDeadline = TimeSpan.FromSeconds(10);
}
