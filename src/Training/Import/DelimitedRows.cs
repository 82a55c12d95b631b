namespace Recs.Training.Import;

/// <summary>Rows of a CSV or TSV file, by the header in its first row or by column names given beforehand.</summary>
internal sealed class DelimitedRows : RowReader
{
    private readonly RecordReader _records;
    private readonly DelimitedFields _fields;
    private readonly ContentStream _content;
    private readonly string[] _header;
    private readonly int[] _columns;
    private readonly int[] _others;
    private readonly string _delimiter;

    public DelimitedRows(ContentStream content, string file, RejectLog rejects, FileFormat format, ColumnMap map)
        : base(content, file, rejects)
    {
        _content = content;
        _delimiter = format.Delimiter!;
        var quotes = _delimiter.Length == 1 && char.IsAscii(_delimiter[0]);
        _records = new RecordReader(content, quotes ? (byte)_delimiter[0] : null);
        _fields = new DelimitedFields(_delimiter, quotes);
        _header = format.Columns is { Count: > 0 } given ? [.. given] : ReadHeader();
        _columns = map.Bind(_header, file);
        _others = [.. Enumerable.Range(0, _header.Length).Where(c => !_columns.Contains(c) && _header[c].Length > 0)];
        var twice = _others.GroupBy(c => _header[c], StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            throw new ImportException($"{file} has two columns named '{twice.Key}'. Rename one.");
    }

    public override long Line => _records.Line;

    public override bool Typed => false;

    public override string Dialect => $"delimited '{_delimiter}' {_content.EncodingName} {string.Join('\u001f', _header)}";

    public override bool Read()
    {
        while (_records.Read())
        {
            if (_records.Problem != RecordProblem.None)
            {
                var (reason, detail) = RecordReader.Describe(_records.Problem);
                Reject(reason, detail);
            }
            else if (!_fields.Split(_records.Record) || _fields.Count != _header.Length)
            {
                Reject("columns", $"The row has {Count()} columns; the header has {_header.Length}.");
            }
            else
            {
                return true;
            }
        }

        return false;

        string Count() => _fields.Count == ImportLimits.MaxColumns ? $"{_fields.Count} or more" : $"{_fields.Count}";
    }

    public override bool TryGet(int field, out ReadOnlySpan<char> text)
    {
        text = _columns[field] >= 0 ? _fields[_columns[field]] : default;
        return !text.IsEmpty;
    }

    public override List<string> GetList(int field) => TryGet(field, out var text) ? SplitList(text) : [];

    public override string? ColumnOf(int field) => _columns[field] >= 0 ? _header[_columns[field]] : null;

    public override IEnumerable<KeyValuePair<string, AttributeValue>> Others()
    {
        foreach (var column in _others)
            if (_fields[column] is { IsEmpty: false } text)
                yield return new(_header[column], new AttributeValue.Text(text.ToString()));
    }

    /// <summary>Fails when the file has no column for a field.</summary>
    public void Require(ColumnMap map, int field)
    {
        if (_columns[field] < 0)
            throw new ImportException(
                $"{File} has no column for {map.FieldName(field)}; its columns are {ColumnMap.Names(_header)}. Name one with --map {map.FieldName(field)}=COLUMN.");
    }

    public bool Has(int field) => _columns[field] >= 0;

    private string[] ReadHeader()
    {
        if (!_records.Read())
            throw new ImportException($"{File} is empty; a header row was expected.");
        if (_records.Problem != RecordProblem.None)
            throw new ImportException($"{File}, line {_records.Line}: the header cannot be read. {RecordReader.Describe(_records.Problem).Detail}");
        if (!_fields.Split(_records.Record))
            throw new ImportException($"{File}: the header has more than {ImportLimits.MaxColumns} columns.");
        var header = new string[_fields.Count];
        for (var i = 0; i < header.Length; i++)
            header[i] = _fields[i].ToString();
        return header;
    }
}
