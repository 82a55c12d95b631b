using System.Globalization;
using System.Text;
using Recs.Cli.Output;

namespace Recs.Cli.Commands;

/// <summary>
/// Writes pages of many users, in the order of the users, a few at a time: memory holds
/// <see cref="PagesAtOnce"/> pages and the ids.
/// </summary>
internal sealed class BatchJob(IRecommender recommender, PageRequest template)
{
    private const int PagesAtOnce = 16;

    public async Task<BatchReport> WriteAsync(
        IReadOnlyList<string> users, string path, Action<string, double, string> show, CancellationToken cancellationToken)
    {
        var csv = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        var partial = path + ".partial";
        long items = 0, degraded = 0;
        try
        {
            var writer = new StreamWriter(partial, false, new UTF8Encoding(false));
            await using (writer.ConfigureAwait(false))
            {
                if (csv)
                    writer.Write("userId,rank,itemId,score\n");
                for (var first = 0; first < users.Count; first += PagesAtOnce)
                {
                    var pages = await Task.WhenAll(Enumerable.Range(first, Math.Min(PagesAtOnce, users.Count - first))
                        .Select(u => recommender.RecommendAsync(template with { UserId = users[u] }, cancellationToken).AsTask())).ConfigureAwait(false);
                    for (var i = 0; i < pages.Length; i++)
                    {
                        items += pages[i].Items.Count;
                        degraded += pages[i].Degraded.Count > 0 ? 1 : 0;
                        writer.Write(csv ? AsCsv(users[first + i], pages[i]) : AsJson(users[first + i], pages[i]));
                    }

                    show("users", (double)(first + pages.Length) / users.Count, $"{first + pages.Length:N0} of {users.Count:N0}");
                }
            }

            File.Move(partial, path, true);
            return new BatchReport(path, users.Count, items, degraded);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static string AsJson(string user, Page page) =>
        Json.Line(new BatchLine(user, page.ModelVersion, [.. page.Items.Select(i => new BatchItem(i.Id, i.Score))])) + "\n";

    private static string AsCsv(string user, Page page)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < page.Items.Count; i++)
            lines.Append(CultureInfo.InvariantCulture, $"{Csv.Field(user)},{i + 1},{Csv.Field(page.Items[i].Id)},{page.Items[i].Score:R}\n");
        return lines.ToString();
    }

    private sealed record BatchLine(string UserId, string? ModelVersion, IReadOnlyList<BatchItem> Items);

    private sealed record BatchItem(string Id, double Score);
}

/// <param name="File">The file written.</param>
/// <param name="Users">Users in it.</param>
/// <param name="Items">Items in it.</param>
/// <param name="Degraded">Pages that left a late source out.</param>
internal sealed record BatchReport(string File, int Users, long Items, long Degraded);
