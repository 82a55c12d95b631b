namespace Recs.Training.Import;

/// <summary>
/// The rows of a file, field by field. A row that cannot be read at all goes to the reject log and is passed over.
/// Not thread-safe.
/// </summary>
internal abstract class RowReader(ContentStream content, string file, RejectLog rejects) : IDisposable
{
    public string File { get; } = file;

    public RejectLog Rejects { get; } = rejects;

    /// <summary>1-based line that the row starts on.</summary>
    public abstract long Line { get; }

    /// <summary>False at the end.</summary>
    public abstract bool Read();

    /// <summary>A field of the row as text without the spaces around it; false when it is absent or empty.</summary>
    public abstract bool TryGet(int field, out ReadOnlySpan<char> text);

    /// <summary>A field holding several texts: a JSON array, or texts with '|' between them.</summary>
    public abstract List<string> GetList(int field);

    /// <summary>The column that a field is read from, or null.</summary>
    public abstract string? ColumnOf(int field);

    /// <summary>The columns that are no field, with their values in this row.</summary>
    public abstract IEnumerable<KeyValuePair<string, AttributeValue>> Others();

    /// <summary>The item's vectors by named space, an empty one to remove it; null where the row has none.</summary>
    /// <exception cref="FormatException">One is something else.</exception>
    public virtual IReadOnlyDictionary<string, ReadOnlyMemory<float>>? ReadVectors() => null;

    /// <summary>True when values carry their type, as in JSON; otherwise every other column is text.</summary>
    public abstract bool Typed { get; }

    /// <summary>How the file was read, in words that change when the meaning of its rows does.</summary>
    public abstract string Dialect { get; }

    /// <summary>Hash of the content; whole once <see cref="Read"/> has returned false.</summary>
    public string ContentHash() => content.ContentHash();

    public (long Done, long Total) FileProgress => content.FileProgress;

    public void Reject(string reason, string detail) => Rejects.Add(File, Line, reason, detail);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
    }

    protected static List<string> SplitList(ReadOnlySpan<char> text)
    {
        var list = new List<string>();
        foreach (var range in text.Split('|'))
            if (text[range].Trim() is { IsEmpty: false } part)
                list.Add(part.ToString());
        return list;
    }
}
