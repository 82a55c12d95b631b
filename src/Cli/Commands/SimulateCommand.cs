using System.CommandLine;
using Recs.Cli.Output;
using Recs.Training.Import;
using Recs.Training.Simulation;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs simulate: makes a demo world and imports it.</summary>
internal static class SimulateCommand
{
    public static Command Create(CliHost host)
    {
        var seed = new Option<int>("--seed") { Description = "The same seed, the same world.", DefaultValueFactory = _ => 1 };
        var items = new Option<int>("--items") { Description = "Items.", DefaultValueFactory = _ => 5_000 };
        var users = new Option<int>("--users") { Description = "Users.", DefaultValueFactory = _ => 2_000 };
        var days = new Option<int>("--days") { Description = "Days of history.", DefaultValueFactory = _ => 30 };
        var end = ImportCommand.Time("--end", "Where the history ends; the last midnight (UTC) when absent.");
        var command = new Command("simulate", "Make a shop with known tastes and import its month of visits.") { seed, items, users, days, end };
        var target = new TargetOptions(command);
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var options = new DemoWorldOptions
            {
                Seed = parsed.GetValue(seed),
                Items = parsed.GetValue(items),
                Users = parsed.GetValue(users),
                Days = parsed.GetValue(days),
                End = parsed.GetValue(end) ?? new DateTimeOffset(host.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero),
            };
            var world = DemoWorld.Create(options);
            var open = await target.OpenAsync(parsed, host, create: true, cancel).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                var report = await output.Progress(parsed, host).RunAsync(
                    show => Task.Run(() => SendAsync(world, options, open.Recommender, show, cancel), cancel)).ConfigureAwait(false);
                output.Print(parsed, host, report, () => host.Terminal.Console.MarkupLine(
                    $"[bold]{Terminal.Escape(target.NameOf(parsed))}[/]: {report.Items:N0} items, {report.Users:N0} users, {report.EventsAccepted:N0} events new, {report.EventsDuplicate:N0} there before"));
                if (!target.IsServer(parsed))
                    host.Terminal.Note($"Next: recs train --data {target.DataOf(parsed)}");
            }

            return RecsCommand.Ok;
        });
        return command;
    }

    private static async Task<SimulationReport> SendAsync(
        DemoWorld world, DemoWorldOptions options, IRecommender recommender, Action<string, double, string> show, CancellationToken cancellationToken)
    {
        await Importer.SendItemsAsync(
            world.Items, recommender, new Reporter<ImportProgress>(p => show("items", (double)p.Done / p.Total, $"{p.Done:N0}")), cancellationToken).ConfigureAwait(false);
        var source = FormattableString.Invariant(
            $"demo:seed={options.Seed},items={options.Items},users={options.Users},days={options.Days},end={options.End.ToUnixTimeMilliseconds()}");
        long row = 0, accepted = 0, duplicates = 0;
        var begin = options.End.AddDays(-options.Days);
        foreach (var batch in world.History().Chunk(Limits.MaxEventsPerBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var receipt = await recommender.ObserveAsync(batch, new ImportRows(source, row), cancellationToken).ConfigureAwait(false);
            row += batch.Length;
            accepted += receipt.Accepted;
            duplicates += receipt.Duplicates;
            show("events", (batch[^1].Timestamp!.Value - begin) / (options.End - begin), $"{row:N0}, up to {batch[^1].Timestamp:yyyy-MM-dd}");
        }

        return new SimulationReport(world.Items.Count, world.UserIds.Count, accepted, duplicates);
    }

    private sealed record SimulationReport(int Items, int Users, long EventsAccepted, long EventsDuplicate);
}
