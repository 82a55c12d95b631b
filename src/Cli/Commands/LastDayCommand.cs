using System.CommandLine;
using Recs.Cli.Output;
using Recs.Training;
using Recs.Training.Evaluation;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs last-day: the end of a data folder replayed event by event through what serves.</summary>
internal static class LastDayCommand
{
    public static Command Create(CliHost host)
    {
        var data = new Option<string>("--data", "-d") { Description = "The data folder.", HelpName = "DIR", DefaultValueFactory = static _ => "data" };
        var hours = new Option<double>("--hours") { Description = "Length of the end that is held out.", DefaultValueFactory = static _ => 24 };
        var linearItems = new Option<int?>("--linear-items") { Description = "Most items that closed-form weights are solved for; 0 for none." };
        var seed = new Option<int>("--seed") { Description = "Seed of everything drawn at random.", DefaultValueFactory = static _ => 1 };
        var threads = new Option<int>("--threads") { Description = "Worker threads; all cores when absent." };
        var command = new Command("last-day", "Hold out the last day of a data folder and replay it, event by event, through what serves.")
        {
            data, hours, linearItems, seed, threads,
        };
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            TargetOptions.RequireFolder(parsed.GetValue(data)!);
            var held = parsed.GetValue(hours);
            if (!(held is > 0 and <= 100_000))
                throw Engine.RecommenderException.Invalid("hours", held, "above 0, at most 100000");
            var options = new TrainingOptions { DataDirectory = parsed.GetValue(data)!, Seed = parsed.GetValue(seed), Threads = parsed.GetValue(threads) };
            if (parsed.GetValue(linearItems) is { } items)
                options = options with { LinearItems = items };
            var result = await output.Progress(parsed, host).RunAsync(show => Task.Run(
                () => LastDay.Run(options, TimeSpan.FromHours(held), host.Time, (done, words) => show("replay", done, words), cancel), cancel))
                .ConfigureAwait(false);
            var line = new Dictionary<string, object> { ["pages"] = result.Pages };
            foreach (var (name, value) in result.Values)
                line[name] = Math.Round(value.Mean, 6);
            line["twoStage.ndcg@10.low"] = Math.Round(result.Values["twoStage.ndcg@10"].Low, 6);
            line["twoStage.ndcg@10.high"] = Math.Round(result.Values["twoStage.ndcg@10"].High, 6);
            line["segments"] = result.Segments;
            output.Print(parsed, host, line, () => Print(host.Terminal, result));
            return RecsCommand.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, LastDayResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Metric").AddColumn(new TableColumn("Mean").RightAligned()).AddColumn("95 % interval");
        foreach (var (name, value) in result.Values)
            table.AddRow(Terminal.Escape(name), Figures.Short(value.Mean), $"{Figures.Short(value.Low)} to {Figures.Short(value.High)}");
        terminal.Console.Write(table);
        var segments = new Table().Border(TableBorder.Rounded).AddColumn("Who asked").AddColumn(new TableColumn("Pages").RightAligned())
            .AddColumn(new TableColumn("hr@10, two-stage").RightAligned()).AddColumn(new TableColumn("hr@10, popularity").RightAligned());
        foreach (var segment in result.Segments)
            segments.AddRow(Terminal.Escape(segment.Name), Figures.Short(segment.Pages), Figures.Short(segment.TwoStage), Figures.Short(segment.Popularity));
        terminal.Console.Write(segments);
    }
}
