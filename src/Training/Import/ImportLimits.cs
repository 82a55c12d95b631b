namespace Recs.Training.Import;

/// <summary>Bounds on what an import reads and holds. Each is named in the error that it causes.</summary>
public static class ImportLimits
{
    /// <summary>Longest row, in bytes of UTF-8, with the line breaks inside its quotes.</summary>
    public const int MaxRowBytes = 1 << 20;

    /// <summary>Most columns of a row.</summary>
    public const int MaxColumns = 1_024;

    /// <summary>
    /// Most events of one file. An event takes 60 bytes while the file is sorted, so the cap is 3 GB of
    /// memory, and the distinct ids beside it.
    /// </summary>
    public const int MaxEvents = 50_000_000;

    /// <summary>Most items of one file; they are held in memory until the file has been read whole.</summary>
    public const int MaxItems = 1_000_000;

    /// <summary>Rejected rows kept for showing; all of them are counted.</summary>
    public const int MaxRejectsKept = 20;
}
