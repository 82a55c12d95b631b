using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Embedded;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs replay.</summary>
internal static class ReplayCommand
{
    private const int Listed = 20;

    public static Command Create(CliHost host)
    {
        var data = new Option<string>("--data", "-d")
        {
            Description = "The data folder; a server may have it open.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "data",
        };
        var model = new Option<string?>("--model") { Description = "Make the pages with this model instead of their own.", HelpName = "VERSION" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Pages from this moment on.", HelpName = "TIME" };
        var limit = new Option<int?>("--limit") { Description = "At most so many pages." };
        var command = new Command("replay", "Make logged pages again and show what differs.") { data, model, from, limit };
        var output = new OutputOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = parsed.GetValue(data)!;
            TargetOptions.RequireFolder(folder);
            var replay = new PageReplay(PageSettings.OptionsOf(folder), parsed.GetValue(model));
            var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
            var (shared, items, rows) = (0L, 0L, 0L);
            var differences = new List<ReplayedImpression>();
            await foreach (var page in replay.RunAsync(parsed.GetValue(from) ?? default, parsed.GetValue(limit) ?? int.MaxValue, cancel).ConfigureAwait(false))
            {
                outcomes[page.Outcome] = outcomes.GetValueOrDefault(page.Outcome) + 1;
                shared += page.SharedItems;
                items += page.Outcome is "same" or "different" ? page.Items : 0;
                rows += page.Rows;
                if (page.Difference is not null && differences.Count < Listed)
                    differences.Add(page);
            }

            var summary = new Summary(outcomes, items == 0 ? 0 : Math.Round((double)shared / items, 4), rows, differences);
            output.Print(parsed, host, summary, () => Print(host.Terminal, summary));
            return RecsCommand.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, Summary summary)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var (outcome, count) in summary.Pages)
            grid.AddRow(Terminal.Escape(outcome), $"{count:N0} pages");
        grid.AddRow("Items on both", Figures.Plain($"{summary.SharedItems * 100:0.0} %"));
        grid.AddRow("Feature rows equal", $"{summary.Rows:N0}");
        terminal.Console.Write(grid);
        foreach (var page in summary.Differences)
            terminal.Note($"{page.RequestId} {page.UserId}: {page.Difference}");
    }

    /// <param name="Pages">Pages by outcome.</param>
    /// <param name="SharedItems">Share of the items as they were that are on the page made again.</param>
    /// <param name="Rows">Logged feature rows that came out the same byte for byte.</param>
    /// <param name="Differences">The first ones.</param>
    private sealed record Summary(IReadOnlyDictionary<string, int> Pages, double SharedItems, long Rows, IReadOnlyList<ReplayedImpression> Differences);
}
