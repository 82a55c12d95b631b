namespace Recs.Training.Import;

/// <summary>How a file's rows are written.</summary>
/// <param name="Delimiter">Between fields; null for JSON Lines.</param>
/// <param name="Columns">Column names of a file without a header row; null when the first row is the header.</param>
/// <param name="Encoding">A name known to .NET; found by the byte order mark when null, UTF-8 without one.</param>
public sealed record FileFormat(string? Delimiter, IReadOnlyList<string>? Columns, string? Encoding)
{
    public bool IsJson => Delimiter is null;

    /// <summary>Chooses by name ("csv", "tsv", "jsonl") or, when that is null, by the file's extension before any .gz.</summary>
    public static FileFormat Choose(
        string path, string? format = null, string? delimiter = null, IReadOnlyList<string>? columns = null, string? encoding = null)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        var kind = (format ?? Path.GetExtension(name).TrimStart('.')).ToLowerInvariant();
        var natural = kind switch
        {
            "csv" => ",",
            "tsv" or "tab" => "\t",
            "jsonl" or "ndjson" or "json" => null,
            _ when format is not null => throw new ImportException($"format was '{format}'; legal is csv, tsv or jsonl."),
            _ when delimiter is not null => delimiter,
            _ => throw new ImportException($"'{Path.GetFileName(path)}' does not tell its format; name it with --format csv, tsv or jsonl."),
        };
        if (natural is null)
        {
            if (delimiter is not null || columns is not null)
                throw new ImportException("A JSON Lines file has neither a delimiter nor a list of columns.");
            return new FileFormat(null, null, encoding);
        }

        if (delimiter is { } given && (given.Length is 0 or > 8 || given.AsSpan().ContainsAny('"', '\r', '\n')))
            throw new ImportException($"delimiter was '{given}'; legal is 1 to 8 characters without quotes and line breaks ('\\t' for a tab).");
        return new FileFormat(delimiter == "\\t" ? "\t" : delimiter ?? natural, columns, encoding);
    }

    internal RowReader Open(string path, RejectLog rejects, ColumnMap map)
    {
        var content = ContentStream.Open(path, Encoding);
        var file = Path.GetFileName(path);
        try
        {
            return IsJson
                ? new JsonRows(content, file, rejects, map)
                : new DelimitedRows(content, file, rejects, this, map);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }
}
