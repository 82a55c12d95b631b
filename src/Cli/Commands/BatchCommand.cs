using System.CommandLine;
using Recs.Cli.Output;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs batch: the best items of every user into a file.</summary>
internal static class BatchCommand
{
    public static Command Create(CliHost host)
    {
        var to = new Option<string>("--to") { Description = "The file to write; .csv for CSV, JSON Lines otherwise. It appears when it is whole.", HelpName = "FILE", Required = true };
        var users = new Option<string>("--users") { Description = "Only the users named in this file, one id a line; needed with --server.", HelpName = "FILE" };
        var count = new Option<int>("--count", "-n") { Description = $"Items for each user, 1 to {Limits.MaxPageSize}.", DefaultValueFactory = _ => 20 };
        var filter = new Option<string>("--filter", "-f") { Description = "Only items that pass.", HelpName = "TEXT" };
        var includeSeen = new Option<bool>("--include-seen") { Description = "Also items that the user has met." };
        var command = new Command("batch", "Write the best items of every user to a file.") { to, users, count, filter, includeSeen };
        var target = new TargetOptions(command);
        var output = new OutputOptions(command, progress: true);
        command.Validators.Add(result =>
        {
            if (result.GetResult("--server") is not null && result.GetResult(users) is null)
                result.AddError("With --server, name the users with --users FILE.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var started = host.Time.GetTimestamp();
            var path = parsed.GetRequiredValue(to);
            var template = new PageRequest
            {
                UserId = "-",
                Count = parsed.GetValue(count),
                Filter = parsed.GetValue(filter) is { } text ? ItemFilter.Parse(text) : null,
                IncludeSeen = parsed.GetValue(includeSeen),
                Surface = "batch",
                Deadline = PageOptions.Deadline,
            };
            var open = await target.OpenAsync(parsed, host, create: false, cancel).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                var job = new BatchJob(open.Recommender, template);
                var report = await output.Progress(parsed, host).RunAsync(show => Task.Run(() =>
                {
                    show("users", 0, "");
                    var ids = parsed.GetValue(users) is { } file ? UserIds.FromFile(file) : UserIds.FromEvents(target.DataOf(parsed), cancel);
                    return job.WriteAsync(ids, path, show, cancel);
                }, cancel)).ConfigureAwait(false);
                var seconds = host.Time.GetElapsedTime(started).TotalSeconds;
                output.Print(parsed, host, report, () => host.Terminal.Console.MarkupLine(Figures.Plain(
                    $"[bold]{Terminal.Escape(path)}[/]: {report.Users:N0} users, {report.Items:N0} items, {report.Degraded:N0} degraded pages, {seconds:0.0} s")));
            }

            return RecsCommand.Ok;
        });
        return command;
    }
}
