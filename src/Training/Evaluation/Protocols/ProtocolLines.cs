using System.Globalization;

namespace Recs.Training.Evaluation.Protocols;

/// <summary>Lines of protocol files; what is wrong is named with file and line.</summary>
internal static class ProtocolLines
{
    /// <summary>Whole numbers in columns; at least so many of them.</summary>
    public static long[][] Rows(string file, char separator, int columns, bool header) =>
        [.. File.ReadLines(file).Select((line, n) => (line, n)).Skip(header ? 1 : 0).Where(static l => l.line.Length > 0).Select(l =>
        {
            var fields = l.line.Split(separator);
            if (fields.Length < columns)
                throw Bad(file, l.n + 1, $"has {fields.Length} columns; legal is {columns}");
            return fields[..columns].Select(f => Whole(f, file, l.n + 1)).ToArray();
        })];

    /// <summary>Whole numbers with blanks between, a list a line.</summary>
    public static long[][] Lists(string file) =>
        [.. File.ReadLines(file).Select((line, n) => List(line, file, n + 1)).Where(static l => l.Length > 0)];

    public static (long[] Prefix, long Next) PrefixAndNext(string line, string file, int number)
    {
        var parts = line.Split('\t');
        if (parts.Length != 2)
            throw Bad(file, number, $"has {parts.Length} columns; legal is a prefix, a tab and the next item");
        return (List(parts[0], file, number), Whole(parts[1], file, number));
    }

    /// <summary>Sessions of a file with a header and SessionId, ItemId, Time (seconds), each in order of time.</summary>
    public static Dictionary<long, SessionRows> Sessions(string file)
    {
        var rows = new List<(long Session, long Item, long AtMs, int Line)>();
        foreach (var (line, n) in File.ReadLines(file).Select(static (line, n) => (line, n + 1)).Skip(1))
        {
            var fields = line.Split('\t');
            if (fields.Length != 3 || !double.TryParse(fields[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
                throw Bad(file, n, $"was '{line}'; legal is a session, an item and a time in seconds, with tabs between");
            rows.Add((Whole(fields[0], file, n), Whole(fields[1], file, n), (long)(seconds * 1000), n));
        }

        return rows.GroupBy(static r => r.Session).ToDictionary(static g => g.Key, static g =>
        {
            var ordered = g.OrderBy(static r => r.AtMs).ThenBy(static r => r.Line).ToArray();
            return new SessionRows([.. ordered.Select(static r => r.Item)], [.. ordered.Select(static r => r.AtMs)]);
        });
    }

    /// <summary>Session and place of each row of a list of recommendations.</summary>
    public static HashSet<(long Session, int Place)> ListedEvents(string file) =>
        [.. File.ReadLines(file).Select(static (line, n) => (line, n: n + 1)).Skip(1).Select(l =>
        {
            var fields = l.line.Split(';');
            return (Whole(fields[0], file, l.n), (int)Whole(fields.Length > 1 ? fields[1] : "", file, l.n));
        })];

    private static long[] List(string line, string file, int number) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => Whole(f, file, number))];

    private static long Whole(string text, string file, int number) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad(file, number, $"has '{text}' where a whole number belongs");

    private static InvalidDataException Bad(string file, int line, string what) => new($"{file}, line {line}: {what}.");
}

/// <param name="Items">In order of time.</param>
/// <param name="AtMs">Milliseconds since 1970.</param>
internal sealed record SessionRows(long[] Items, long[] AtMs);

/// <summary>Numbers of a data set's item ids, from 0 in order of id.</summary>
internal sealed class ItemIds
{
    private readonly Dictionary<long, int> _numbers = [];

    public ItemIds(IEnumerable<long> ids)
    {
        foreach (var id in ids.Distinct().Order())
            _numbers.Add(id, _numbers.Count);
        Texts = [.. _numbers.Keys.Select(static id => id.ToString(CultureInfo.InvariantCulture))];
    }

    public int Count => _numbers.Count;

    public string[] Texts { get; }

    public int this[long id] => _numbers[id];

    public int[] Of(long[] ids) => Array.ConvertAll(ids, id => _numbers[id]);
}
