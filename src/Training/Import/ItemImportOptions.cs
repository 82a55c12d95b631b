namespace Recs.Training.Import;

/// <summary>How an item file is read. Immutable.</summary>
public sealed record ItemImportOptions
{
    public required FileFormat Format { get; init; }

    /// <summary>Columns by field name, over the names known by themselves.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Columns that become no attribute. Every other column that is no field becomes one.</summary>
    public IReadOnlySet<string> Skip { get; init; } = new HashSet<string>();
}
