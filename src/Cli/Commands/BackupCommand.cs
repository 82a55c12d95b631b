using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Embedded;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs backup and recs restore.</summary>
internal static class BackupCommand
{
    public static Command CreateBackup(CliHost host)
    {
        var data = new Option<string>("--data", "-d") { Description = "The data folder; it may be in use.", HelpName = "DIR", DefaultValueFactory = _ => "data" };
        var to = new Option<string>("--to") { Description = "A new folder for the copy.", HelpName = "DIR", Required = true };
        return Create("backup", "Make a consistent, checked copy of a data folder.", host, data, to, static (from, target) =>
        {
            TargetOptions.RequireFolder(from);
            return DataFolder.Backup(from, target);
        });
    }

    public static Command CreateRestore(CliHost host)
    {
        var from = new Option<string>("--from") { Description = "A folder made by recs backup.", HelpName = "DIR", Required = true };
        var to = new Option<string>("--to") { Description = "The new data folder, absent or empty.", HelpName = "DIR", Required = true };
        return Create("restore", "Check a backup and make a data folder of it.", host, from, to, static (backup, target) =>
            Directory.Exists(backup)
                ? DataFolder.Restore(backup, target)
                : throw new RecommenderException(RefusalKind.NotFound, $"There is no folder '{backup}'."));
    }

    private static Command Create(
        string name, string description, CliHost host, Option<string> from, Option<string> to, Func<string, string, BackupReport> copy)
    {
        var command = new Command(name, description) { from, to };
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var target = parsed.GetRequiredValue(to);
            var report = await output.Progress(parsed, host).RunAsync(show =>
            {
                show(name, 0, "");
                return Task.Run(() => copy(parsed.GetRequiredValue(from), target), cancel);
            }).ConfigureAwait(false);
            output.Print(parsed, host, report, () => host.Terminal.Console.MarkupLine(
                $"[bold]{Terminal.Escape(target)}[/]: {report.Files:N0} files, {Figures.Bytes(report.Bytes)}, {report.Records:N0} records checked"));
            return RecsCommand.Ok;
        });
        return command;
    }
}
