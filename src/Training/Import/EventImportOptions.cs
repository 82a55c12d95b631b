namespace Recs.Training.Import;

/// <summary>What happens to events on items that the catalogue does not know.</summary>
public enum UnknownItems
{
    /// <summary>The item is made, its id for a title.</summary>
    Create,

    /// <summary>The event is rejected, with its line.</summary>
    Reject,
}

/// <summary>How an event file is read. Immutable.</summary>
public sealed record EventImportOptions
{
    public required FileFormat Format { get; init; }

    /// <summary>Columns by field name, over the names known by themselves.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Type of rows without one. When null, a row is a rating if the column read as weight is named like one
    /// (rating, stars, score), and is rejected otherwise.
    /// </summary>
    public InteractionType? DefaultType { get; init; }

    /// <summary>
    /// A numeric column to sort by in place of times, or "line" for the file's own order; times are then made up, one
    /// second apart.
    /// </summary>
    public string? OrderColumn { get; init; }

    /// <summary>Time of the last event under <see cref="OrderColumn"/>; the import's own time when null.</summary>
    public DateTimeOffset? End { get; init; }

    public UnknownItems UnknownItems { get; init; }

    /// <summary>
    /// For a column that codes the event, what each of its texts means; the weight is that of the event. Read from the
    /// type column.
    /// </summary>
    public IReadOnlyDictionary<string, (InteractionType Type, double? Weight)>? TypeMap { get; init; }
}
