using System.Globalization;

namespace Recs.Training.Import.MovieLens;

/// <summary>What the three data sets have in common about a film.</summary>
internal static class Movies
{
    /// <summary>An item from an id, a title with its year in brackets at the end, and genres.</summary>
    public static Item ToItem(
        string id, string title, IEnumerable<string> genres, int? year = null, IReadOnlyList<string>? tags = null,
        params IEnumerable<KeyValuePair<string, AttributeValue>> more)
    {
        year ??= YearOf(title);
        var attributes = new Dictionary<string, AttributeValue>(more);
        if (year is { } y)
            attributes["year"] = new AttributeValue.Number(y);
        return new Item
        {
            Id = id,
            Title = title,
            Categories = [.. genres.Where(g => g is { Length: > 0 } and not ("unknown" or "(no genres listed)")).Distinct(StringComparer.Ordinal)],
            Tags = tags ?? [],
            // An old film must not count as new on the day of the import.
            CreatedAt = year is { } released
                ? new DateTimeOffset(Math.Max(released, Limits.EarliestTimestamp.Year), 1, 1, 0, 0, 0, TimeSpan.Zero)
                : null,
            Attributes = attributes,
        };
    }

    /// <summary>1995 of "Toy Story (1995)".</summary>
    public static int? YearOf(string title)
    {
        var open = title.LastIndexOf('(');
        return open >= 0 && title.Length >= open + 5
            && int.TryParse(title.AsSpan(open + 1, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)
            && year is >= 1870 and <= 2200
                ? year
                : null;
    }

    /// <summary>Reads the films of a file without a header, the id in its first column.</summary>
    public static IReadOnlyList<Item> Read(
        string folder, string name, string delimiter, string? encoding, int minColumns, RejectLog rejects, Func<DelimitedFields, Item> toItem)
    {
        var items = new ItemTable(name);
        foreach (var (line, fields) in Rows(folder, name, delimiter, false, encoding, minColumns, rejects))
        {
            if (EventRules.CheckId("id", fields[0]) is { } badId)
            {
                rejects.Add(name, line, "id", badId);
                continue;
            }

            var item = toItem(fields);
            if (ItemFile.Check(item) is { } refusal)
                rejects.Add(name, line, refusal.Field ?? "item", refusal.Message);
            else
                items.Add(item, line);
        }

        return items.Items;
    }

    /// <summary>The rows of a file, without its header when it has one; the same object every time.</summary>
    public static IEnumerable<(long Line, DelimitedFields Fields)> Rows(
        string folder, string name, string delimiter, bool quotes, string? encoding, int minColumns, RejectLog rejects, bool header = false)
    {
        using var content = ContentStream.Open(Path.Combine(folder, name), encoding);
        var records = new RecordReader(content, quotes ? (byte)delimiter[0] : null);
        var fields = new DelimitedFields(delimiter, quotes);
        if (header)
            records.Read();
        while (records.Read())
        {
            if (records.Problem != RecordProblem.None)
            {
                var (reason, detail) = RecordReader.Describe(records.Problem);
                rejects.Add(name, records.Line, reason, detail);
            }
            else if (!fields.Split(records.Record) || fields.Count < minColumns)
            {
                rejects.Add(name, records.Line, "columns", $"The row has {fields.Count} columns; {minColumns} are needed.");
            }
            else
            {
                yield return (records.Line, fields);
            }
        }
    }
}
