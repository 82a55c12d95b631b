using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Retrieval.Vectors;
using Recs.Training.Import;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>What every import takes, and its report.</summary>
internal sealed class ImportOptions
{
    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first bad row, with nothing imported." };

    private readonly Option<string> _rejects = new("--rejects")
    {
        Description = "Write every bad row to this file: file, line, reason, detail, as CSV.",
        HelpName = "FILE",
    };

    /// <summary>Named spaces to declare in the data folder first; null where an import has none.</summary>
    public Option<VectorSpace[]>? Spaces { get; init; }

    private readonly TargetOptions _target;
    private readonly OutputOptions _output;

    public ImportOptions(Command command)
    {
        command.Add(_strict);
        command.Add(_rejects);
        _target = new TargetOptions(command);
        _output = new OutputOptions(command, progress: true);
    }

    public async Task<int> RunAsync(
        ParseResult parsed, CliHost host,
        Func<IRecommender, RejectLog, IProgress<ImportProgress>, Task<ImportReport>> import, CancellationToken cancellationToken)
    {
        var started = host.Time.GetTimestamp();
        using var sink = parsed.GetValue(_rejects) is { } path ? new RejectFile(path) : null;
        var rejects = new RejectLog(parsed.GetValue(_strict), sink is null ? null : sink.Write);
        ImportReport report;
        if (Spaces is not null && parsed.GetValue(Spaces) is { Length: > 0 } spaces)
            _target.Declare(parsed, host, spaces);
        var target = await _target.OpenAsync(parsed, host, create: true, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            try
            {
                report = await _output.Progress(parsed, host).RunAsync(
                    show => import(target.Recommender, rejects, new Reporter<ImportProgress>(p => show(p.Stage, p.Total == 0 ? 1 : (double)p.Done / p.Total, Words(p)))))
                    .ConfigureAwait(false);
            }
            catch when (rejects.Count > 0)
            {
                PrintRejects(host.Terminal, rejects.First, rejects.Count);
                throw;
            }
        }

        report = report.WithRejects(rejects);
        var elapsed = host.Time.GetElapsedTime(started);
        _output.Print(parsed, host, new ImportLine(_target.NameOf(parsed), report, Math.Round(elapsed.TotalSeconds, 3)), () => Print(parsed, host, report, elapsed));
        if (report.RejectedRows > 0)
            PrintRejects(host.Terminal, report.FirstRejects, report.RejectedRows);
        return RecsCommand.Ok;
    }

    private void Print(ParseResult parsed, CliHost host, ImportReport report, TimeSpan elapsed)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        var items = report.ItemsAdded + report.ItemsReplaced + report.ItemsUnchanged;
        if (items > 0)
            grid.AddRow("Items", $"[bold]{report.ItemsAdded:N0}[/] new, {report.ItemsReplaced:N0} changed, {report.ItemsUnchanged:N0} as they were");
        if (report.ItemsCreated > 0)
            grid.AddRow(items > 0 ? "" : "Items", $"{report.ItemsCreated:N0} made because events name them; an id stands for the title");
        if (report.Source.Length > 0)
        {
            grid.AddRow("Events", $"[bold]{report.EventsAccepted:N0}[/] new, {report.EventsDuplicate:N0} there before");
            if (report.FirstEvent is { } first && report.LastEvent is { } last)
                grid.AddRow("", $"of {Figures.Count(report.Users, "user")}, {first:yyyy-MM-dd} to {last:yyyy-MM-dd}");
        }

        if (report.RejectedRows > 0)
            grid.AddRow("[yellow]Left out[/]", $"[yellow]{Figures.Count(report.RejectedRows, "row")}[/]: {Markup.Escape(string.Join(", ", report.Rejected.Select(r => $"{r.Key} {r.Value:N0}")))}");
        grid.AddRow("Where", Terminal.Escape(_target.NameOf(parsed)));
        grid.AddRow("Time", $"{elapsed.TotalSeconds:0.0} s");
        host.Terminal.Console.Write(grid);
        if (!_target.IsServer(parsed) && report.EventsAccepted > 0)
            host.Terminal.Note($"Next: recs train --data {_target.DataOf(parsed)}");
    }

    private static void PrintRejects(Terminal terminal, IReadOnlyList<RejectedRow> first, long count)
    {
        foreach (var row in first)
            terminal.ErrorConsole.MarkupLine($"[yellow]{Terminal.Escape(row.File)}, line {row.Line}:[/] {Terminal.Escape(row.Detail)}");
        if (count > first.Count)
            terminal.Note($"... and {count - first.Count:N0} more; --rejects FILE writes them all.");
    }

    private static string Words(ImportProgress progress) => progress.Stage == "reading"
        ? $"{progress.Done / 1048576.0:0.0} of {progress.Total / 1048576.0:0.0} MiB"
        : $"{progress.Done:N0} of {progress.Total:N0}";

    private sealed record ImportLine(string Target, ImportReport Report, double Seconds);
}
