namespace Recs.Training.Import;

/// <summary>A row that was left out.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Line">1-based number of the line that the row starts on.</param>
/// <param name="Reason">What was at fault, one of few: a field's name, "columns", "quoting", "encoding", "too long", "JSON", "unknown item".</param>
/// <param name="Detail">A sentence with the value and what would have been legal.</param>
public sealed record RejectedRow(string File, long Line, string Reason, string Detail);

/// <summary>Counts the rows that were left out, by reason, and keeps the first few. Not thread-safe.</summary>
/// <param name="strict">Turns the first rejected row into an <see cref="ImportException"/>.</param>
/// <param name="sink">Called with every rejected row; none when null.</param>
public sealed class RejectLog(bool strict = false, Action<RejectedRow>? sink = null)
{
    private readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);
    private readonly List<RejectedRow> _first = [];

    public long Count { get; private set; }

    public IReadOnlyDictionary<string, long> ByReason => _byReason;

    /// <summary>The first <see cref="ImportLimits.MaxRejectsKept"/>.</summary>
    public IReadOnlyList<RejectedRow> First => _first;

    public void Add(string file, long line, string reason, string detail)
    {
        if (strict)
            throw new ImportException($"{file}, line {line}: {detail} Nothing was imported (strict).");
        var row = new RejectedRow(file, line, reason, detail);
        Count++;
        _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
        if (_first.Count < ImportLimits.MaxRejectsKept)
            _first.Add(row);
        sink?.Invoke(row);
    }
}
