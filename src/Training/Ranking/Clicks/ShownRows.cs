using System.Runtime.InteropServices;
using Recs.Engine.Embedded;

namespace Recs.Training.Ranking.Clicks;

/// <summary>
/// The logged feature rows of shown items, in the order of their pages, with whether they were responded to: a positive
/// event that names the page and the item. Only pages of models that are still there and were trained on the present
/// feature schema count, since a row does not say what schema it is of.
/// </summary>
internal sealed class ShownRows
{
    /// <summary>Of the newest pages.</summary>
    public const int MaxRows = 500_000;

    private ShownRows(LabelledRows rows, List<int> pageOf, int pages, int passedOver) =>
        (Rows, PageOf, Pages, PassedOver) = (rows, pageOf, pages, passedOver);

    /// <summary>Rows with their places.</summary>
    public LabelledRows Rows { get; }

    /// <summary>Page of each row, 0-based, in order of time.</summary>
    public IReadOnlyList<int> PageOf { get; }

    public int Pages { get; }

    /// <summary>Pages with logged rows that did not count.</summary>
    public int PassedOver { get; }

    public static ShownRows Read(string dataDirectory, int width, string schemaHash, CancellationToken cancellationToken)
    {
        var (pages, passedOver) = ReadPages(dataDirectory, width, schemaHash, cancellationToken);
        var responses = Responses(dataDirectory, pages, cancellationToken);
        var (rows, pageOf) = (new LabelledRows(width), new List<int>());
        for (var p = 0; p < pages.Count; p++)
        {
            for (var place = 0; place < pages[p].Shown.Count; place++)
            {
                var shown = pages[p].Shown[place];
                rows.Add(shown.Features.Span, responses.Contains((pages[p].RequestId, shown.ItemId)), 1, place);
                pageOf.Add(p);
            }
        }

        return new ShownRows(rows, pageOf, pages.Count, passedOver);
    }

    /// <summary>Rows of the pages from the first number to before the second.</summary>
    public LabelledRows Of(int fromPage, int toPage)
    {
        var part = new LabelledRows(Rows.Width);
        for (var r = 0; r < Rows.Count; r++)
        {
            if (PageOf[r] >= fromPage && PageOf[r] < toPage)
                part.Add(Rows.Row(r), Rows.IsPositive(r), Rows.Weight(r), Rows.Place(r));
        }

        return part;
    }

    private static (List<ImpressionRecord> Pages, int PassedOver) ReadPages(
        string dataDirectory, int width, string schemaHash, CancellationToken cancellationToken)
    {
        var legal = new Dictionary<string, bool>(StringComparer.Ordinal);
        // Partitions come one after the other, each in order of time: the oldest of all has to go first.
        var pages = new PriorityQueue<ImpressionRecord, long>();
        var (rows, passedOver) = (0, 0);
        foreach (var log in DataFolder.ImpressionLogs(dataDirectory))
        {
            foreach (var logged in SegmentedLog.ReadFolder(log))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (ImpressionCodec.Decode(logged.Payload) is not { ModelVersion: { } version, Shown: [{ Features.Length: > 0 }, ..] } page)
                    continue;
                if (!IsLegal(version) || page.Shown.Any(s => s.Features.Length != width))
                {
                    passedOver++;
                    continue;
                }

                pages.Enqueue(page, page.AtMs);
                rows += page.Shown.Count;
                while (rows > MaxRows)
                    rows -= pages.Dequeue().Shown.Count;
            }
        }

        return ([.. pages.UnorderedItems.Select(p => p.Element).OrderBy(p => p.AtMs).ThenBy(p => p.RequestId, StringComparer.Ordinal)], passedOver);

        bool IsLegal(string version)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(legal, version, out var exists);
            if (!exists)
                known = HashOf(version) == schemaHash;
            return known;
        }

        string? HashOf(string version)
        {
            var folder = Path.Combine(DataFolder.Models(dataDirectory), version);
            return Directory.Exists(folder) ? ModelFolder.ReadManifest(folder).FeatureSchemaHash : null;
        }
    }

    private static HashSet<(string RequestId, string ItemId)> Responses(
        string dataDirectory, List<ImpressionRecord> pages, CancellationToken cancellationToken)
    {
        var known = pages.Select(p => p.RequestId).ToHashSet(StringComparer.Ordinal);
        var responses = new HashSet<(string, string)>();
        foreach (var log in DataFolder.EventLogs(dataDirectory))
        {
            foreach (var record in SegmentedLog.ReadFolder(log))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (LogEntryCodec.Decode(record.Payload.Span) is not LogEntry.Events batch)
                    continue;
                foreach (var e in batch.Accepted)
                {
                    if (e.RequestId is { } id && Feedback.Strength(e.Type, e.Weight) > 0 && known.Contains(id))
                        responses.Add((id, e.ItemId));
                }
            }
        }

        return responses;
    }
}
