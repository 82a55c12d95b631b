using System.CommandLine;
using Recs.Cli.Output;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;
using Recs.Training.Tuning;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs tune: settings chosen on the validation split of a protocol.</summary>
internal static class TuneCommand
{
    public static Command Create(CliHost host)
    {
        var protocolName = new Option<string>("--protocol") { Description = "Which protocol's validation split.", HelpName = "NAME", Required = true };
        var data = new Option<string>("--data", "-d") { Description = "Folder of the data set's files.", HelpName = "DIR", Required = true };
        var model = new Option<string>("--model", "-m") { Description = "The kind of model, and settings to begin from.", HelpName = "SPEC", Required = true };
        var trials = new Option<int>("--trials") { Description = "Settings tried on the first share of the queries.", DefaultValueFactory = static _ => 27 };
        var journal = new Option<string?>("--journal") { Description = "File that results are added to; a search that was stopped goes on from it.", HelpName = "FILE" };
        var fix = new Option<string[]>("--fix") { Description = "Settings that are not searched (again and again).", HelpName = "NAME" };
        var seed = new Option<int>("--seed") { Description = "Seed of the draws.", DefaultValueFactory = static _ => 1 };
        var threads = new Option<int>("--threads") { Description = "Worker threads; all cores when absent." };
        var command = new Command("tune", "Search a model's settings on the validation split of a protocol.")
        {
            protocolName, data, model, trials, journal, fix, seed, threads,
        };
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var protocol = ProtocolTable.Named(parsed.GetRequiredValue(protocolName));
            var origin = ModelSpec.Parse(parsed.GetRequiredValue(model));
            var fixedSettings = parsed.GetValue(fix) ?? [];
            var space = new SearchSpace(SearchSpace.Of(origin.Kind).Ranges.Where(r => !fixedSettings.Contains(r.Key)).ToDictionary());
            var options = new SearchOptions
            {
                Trials = parsed.GetValue(trials),
                Journal = parsed.GetValue(journal),
                Seed = parsed.GetValue(seed),
            };
            var results = await output.Progress(parsed, host).RunAsync(show => Task.Run(
                () =>
                {
                    var task = ProtocolReader.Read(protocol, parsed.GetRequiredValue(data)).Validation;
                    var context = new FitContext(parsed.GetValue(seed), parsed.GetValue(threads), CancellationToken: cancel);
                    return HalvingSearch.Run(task, protocol, origin, space, options, context, host.Time, (done, words) => show("search", done, words));
                },
                cancel)).ConfigureAwait(false);
            output.Print(parsed, host, results, () =>
            {
                var table = new Table().Border(TableBorder.Rounded)
                    .AddColumn(new TableColumn($"{protocol.Target}, validation").RightAligned()).AddColumn(new TableColumn("Seconds").RightAligned()).AddColumn("Model");
                foreach (var result in results.Take(10))
                    table.AddRow(Figures.Short(result.Value), Figures.Short(result.Seconds), Terminal.Escape(result.Spec));
                host.Terminal.Console.Write(table);
            });
            return RecsCommand.Ok;
        });
        return command;
    }
}
