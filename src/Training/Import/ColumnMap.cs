namespace Recs.Training.Import;

/// <summary>A field that rows may carry, and the column names it is known by, the likeliest first.</summary>
internal sealed record FieldNames(string Name, params string[] Aliases);

/// <summary>
/// Which column is which field. Names match without regard to case, '_', '-', '.' and spaces. When several columns fit a
/// field, the alias named first wins; a column named in the overrides wins over every alias, and an empty name there
/// says that no column is the field. Immutable.
/// </summary>
internal sealed class ColumnMap
{
    private readonly string[] _fields;
    private readonly string?[] _override;
    private readonly Dictionary<string, (int Field, int Rank)> _aliases = new(StringComparer.Ordinal);

    public ColumnMap(IReadOnlyList<FieldNames> fields, IReadOnlyDictionary<string, string> overrides)
    {
        _fields = [.. fields.Select(f => f.Name)];
        _override = new string?[fields.Count];
        for (var field = 0; field < fields.Count; field++)
        {
            var rank = 0;
            foreach (var alias in fields[field].Aliases.Prepend(fields[field].Name))
                _aliases.TryAdd(Normalize(alias), (field, rank++));
        }

        foreach (var (name, column) in overrides)
        {
            var field = Array.FindIndex(_fields, f => Normalize(f) == Normalize(name));
            if (field < 0)
                throw new ImportException($"map was '{name}={column}'; legal fields are {string.Join(", ", _fields)}.");
            _override[field] = column;
        }
    }

    public int FieldCount => _fields.Length;

    public string FieldName(int field) => _fields[field];

    /// <summary>The field a column may stand for and how good the match is (0 best), or -1.</summary>
    public (int Field, int Rank) Match(string column)
    {
        for (var field = 0; field < _override.Length; field++)
            if (_override[field] is { Length: > 0 } named && string.Equals(named, column, StringComparison.OrdinalIgnoreCase))
                return (field, -1);
        return _aliases.TryGetValue(Normalize(column), out var match) && _override[match.Field] is null ? match : (-1, 0);
    }

    /// <summary>Binds a header: the column of each field, or -1.</summary>
    public int[] Bind(IReadOnlyList<string> header, string file)
    {
        var columns = new int[_fields.Length];
        var ranks = new int[_fields.Length];
        Array.Fill(columns, -1);
        for (var column = 0; column < header.Count; column++)
        {
            var (field, rank) = Match(header[column]);
            if (field < 0)
                continue;
            if (columns[field] >= 0 && ranks[field] == rank)
                throw new ImportException(
                    $"{file} has two columns for {_fields[field]}: '{header[columns[field]]}' and '{header[column]}'. Choose one with --map {_fields[field]}=COLUMN, or rename one.");
            if (columns[field] < 0 || rank < ranks[field])
                (columns[field], ranks[field]) = (column, rank);
        }

        for (var field = 0; field < columns.Length; field++)
            if (_override[field] is { Length: > 0 } named && columns[field] < 0)
                throw new ImportException($"{file} has no column '{named}', named for {_fields[field]}; its columns are {Names(header)}.");
        return columns;
    }

    public static string Names(IReadOnlyList<string> header) =>
        string.Join(", ", header.Take(20).Select(h => h.Length > 40 ? $"'{h[..37]}...'" : $"'{h}'")) + (header.Count > 20 ? ", ..." : "");

    private static string Normalize(string name)
    {
        Span<char> kept = stackalloc char[64];
        var length = 0;
        foreach (var c in name)
        {
            if (c is '_' or '-' or ' ' or '.' || length == kept.Length)
                continue;
            kept[length++] = char.ToLowerInvariant(c);
        }

        return kept[..length].ToString();
    }
}
