using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Monitoring;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs status.</summary>
internal static class StatusCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("status", "Figures of a data folder or a running server.");
        var target = new TargetOptions(command);
        var output = new OutputOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var open = await target.OpenAsync(parsed, host, create: false, cancel).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                var status = await open.Recommender.StatusAsync(cancel).ConfigureAwait(false);
                output.Print(parsed, host, status, () => Print(host.Terminal, status));
                return RecsCommand.Ok;
            }
        });
        return command;
    }

    private static void Print(Terminal terminal, RecommenderStatus status)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow("State", status.Ready ? "[green]ready[/]" : $"[yellow]{Terminal.Escape(status.Starting ?? "starting")}[/]");
        grid.AddRow("Model", Terminal.Escape(status.ModelVersion ?? "none yet") + (status.ModelFreshness is { } age ? Figures.Plain($" [grey](trained on events up to {age.TotalHours:0.0} h old)[/]") : ""));
        grid.AddRow("Items", $"{status.CatalogItems:N0}, {status.AvailableItems:N0} available");
        grid.AddRow("Users", $"{status.Users:N0}, {status.ActiveSessions:N0} in memory");
        grid.AddRow("Events", $"{status.TotalEvents:N0}");
        grid.AddRow("Disk", $"{Figures.Bytes(status.DataFolderBytes)}, of which the event log {Figures.Bytes(status.EventLogBytes)}");
        grid.AddRow("Memory", $"{Figures.Bytes(status.WorkingSetBytes)}, managed {Figures.Bytes(status.ManagedMemoryBytes)}");
        grid.AddRow("Rates", Figures.Plain($"{status.PagesPerSecond:0.0} pages/s, {status.EventsPerSecond:0.0} events/s, {status.DegradedShare * 100:0.0} % degraded")
            + (status.ClickThroughRate is { } rate ? Figures.Plain($", {rate * 100:0.00} % clicked") : ""));
        if (status.Shadow is { } shadow)
            grid.AddRow("Looks on", Terminal.Escape(shadow.Model) + (shadow.Problem is { } problem
                ? $": [red]{Terminal.Escape(problem)}[/]"
                : Figures.Plain($": {shadow.Pages:N0} pages, rank correlation {shadow.RankCorrelation:0.000}, {shadow.TopOverlap * 100:0.0} % of the first ten shared, scores {shadow.MeanShift:+0.000;-0.000}, {shadow.Dropped:N0} passed over")));
        terminal.Console.Write(grid);
        if (status.Stages.Count == 0)
            return;
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Stage", "Count", "p50 ms", "p90 ms", "p99 ms");
        for (var column = 1; column < 5; column++)
            table.Columns[column].RightAligned();
        foreach (var (stage, latency) in status.Stages.OrderBy(s => s.Key, StringComparer.Ordinal))
            table.AddRow(Terminal.Escape(stage), $"{latency.Count:N0}", Figures.Plain($"{latency.P50Ms:0.00}"), Figures.Plain($"{latency.P90Ms:0.00}"), Figures.Plain($"{latency.P99Ms:0.00}"));
        terminal.Console.Write(table);
    }
}
