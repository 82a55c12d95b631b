using System.Security.Cryptography;
using System.Text;

namespace Recs.Training.Import;

/// <summary>Reads an event file whole: its valid rows sorted by time, the others in the reject log.</summary>
public static class EventFile
{
    /// <param name="path">The file; unzipped on the way when it ends in .gz.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="now">The import's time: bounds timestamps.</param>
    /// <param name="rejects">Takes the bad rows.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ImportException">The file as a whole cannot be used.</exception>
    public static EventTable Read(
        string path, EventImportOptions options, DateTimeOffset now, RejectLog rejects,
        IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (options.End is { } end && EventRules.CheckTime(end.ToUnixTimeMilliseconds(), now) is { } problem)
            throw new ImportException("--end: " + problem);
        var map = EventRowParser.Map(options);
        using var rows = options.Format.Open(path, rejects, map);
        var table = new EventTable { File = rows.File };
        var parser = new EventRowParser(rows, map, options, now, table);
        for (long read = 0; rows.Read(); read++)
        {
            parser.Take();
            if (read % 8192 != 0)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            var (done, total) = rows.FileProgress;
            progress?.Report(new ImportProgress("reading", done, total));
        }

        var (_, size) = rows.FileProgress;
        progress?.Report(new ImportProgress("reading", size, size));
        if (options.OrderColumn is null)
            table.Sort();
        else
            table.SortByOrder((options.End ?? now).ToUnixTimeMilliseconds());
        table.Source = SourceName(rows.ContentHash(), rows.Dialect, Meaning(options));
        return table;
    }

    /// <summary>A name for content and mapping: both decide which rows there are, and their order.</summary>
    internal static string SourceName(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0]);
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static string Meaning(EventImportOptions options)
    {
        var columns = options.Columns.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}");
        var types = (options.TypeMap ?? new Dictionary<string, (InteractionType Type, double? Weight)>())
            .OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}");
        return FormattableString.Invariant(
            $"{options.DefaultType}|{options.OrderColumn}|{string.Join('\u001f', columns)}|{string.Join('\u001f', types)}");
    }
}
