using System.CommandLine;
using Recs.Cli.Output;
using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Metrics;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.Evaluation.Report;
using Recs.Training.OfflineModels;
using Recs.Training.Tuning;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs evaluate: a published table's protocol, run again.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CliHost host)
    {
        var protocolName = new Option<string>("--protocol")
        {
            Description = "Which: " + string.Join(", ", ProtocolTable.All.Select(static p => p.Name)) + ".",
            HelpName = "NAME",
            Required = true,
        };
        var data = new Option<string>("--data", "-d") { Description = "Folder of the data set's files.", HelpName = "DIR", Required = true };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "A model and its settings, e.g. 'ease lambda=500'; the one chosen on the validation split when absent.",
            HelpName = "SPEC",
        };
        var validation = new Option<bool>("--validation") { Description = "Run on the validation split, which is cut from training rows." };
        var report = new Option<string?>("--report") { Description = "Writes one self-contained HTML page into this folder.", HelpName = "DIR" };
        var seed = new Option<int>("--seed") { Description = "Seed of everything drawn at random.", DefaultValueFactory = static _ => 1 };
        var threads = new Option<int>("--threads") { Description = "Worker threads; all cores when absent." };
        var keep = new Option<string?>("--keep")
        {
            Description = "Folder where encoders, which take long to train, are kept for the next run with the same rows, settings and seed.",
            HelpName = "DIR",
        };
        var journal = new Option<string?>("--journal") { Description = "With --validation: appends the result to this file, as a search does.", HelpName = "FILE" };
        var command = new Command("evaluate", "Run a published evaluation protocol and print its metrics.")
        {
            protocolName, data, model, validation, report, seed, threads, keep, journal,
        };
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var protocol = ProtocolTable.Named(parsed.GetRequiredValue(protocolName));
            if (parsed.GetValue(journal) is not null && !parsed.GetValue(validation))
                throw RecommenderException.Invalid("journal", parsed.GetValue(journal)!, "only with --validation: settings are never chosen on test rows");
            var spec = ModelSpec.Parse(parsed.GetValue(model) ?? protocol.Chosen);
            var result = await output.Progress(parsed, host).RunAsync(show => Task.Run(
                () =>
                {
                    show("reading", 0, protocol.Name);
                    var tasks = ProtocolReader.Read(protocol, parsed.GetRequiredValue(data));
                    show("reading", 1, protocol.Name);
                    var context = new FitContext(parsed.GetValue(seed), parsed.GetValue(threads), words => show("training", 0, words), cancel)
                    {
                        Validation = tasks.Validation,
                        KeptModels = parsed.GetValue(keep),
                    };
                    var task = parsed.GetValue(validation) ? tasks.Validation : tasks.Test;
                    var made = EvaluationRun.Of(task, protocol, spec.Create(), context, host.Time);
                    if (parsed.GetValue(journal) is { } file)
                        HalvingSearch.Append(file, new SearchResult(spec.ToString(), 1, made.Values[protocol.Target], made.FitSeconds + made.ScoreSeconds));
                    if (parsed.GetValue(report) is { } folder)
                    {
                        var baseline = EvaluationRun.Of(task, protocol, new PopularityModel(), context, host.Time);
                        var page = ReportPage.Html(new ReportData(
                            protocol, spec.ToString(), task, made, baseline, parsed.GetValue(validation),
                            ItemTitles.Read(protocol, parsed.GetRequiredValue(data)), host.Time.GetUtcNow()));
                        Directory.CreateDirectory(folder);
                        File.WriteAllText(Path.Combine(folder, $"{protocol.Name}.html"), page);
                    }

                    return made;
                },
                cancel)).ConfigureAwait(false);
            output.Print(parsed, host, Line(protocol, spec, result), () => Print(host.Terminal, protocol, spec, result));
            return RecsCommand.Ok;
        });
        return command;
    }

    private static Dictionary<string, object> Line(Protocol protocol, ModelSpec spec, EvaluationResult result)
    {
        var line = new Dictionary<string, object> { ["protocol"] = protocol.Name, ["model"] = spec.ToString(), ["queries"] = result.Lists.Length };
        foreach (var (name, value) in result.Values)
            line[name] = Math.Round(value, 6);
        foreach (var (name, value) in result.Catalogue)
            line[name] = Math.Round(value, 6);
        line[$"{protocol.Target}.low"] = Math.Round(result.Intervals[protocol.Target].Low, 6);
        line[$"{protocol.Target}.high"] = Math.Round(result.Intervals[protocol.Target].High, 6);
        line["fitSeconds"] = Math.Round(result.FitSeconds, 3);
        line["scoreSeconds"] = Math.Round(result.ScoreSeconds, 3);
        return line;
    }

    private static void Print(Terminal terminal, Protocol protocol, ModelSpec spec, EvaluationResult result)
    {
        var columns = protocol.Cutoffs.SelectMany(k => TopKMetrics.Names.Select(m => $"{m}@{k}"))
            .Where(c => c == protocol.Target || protocol.Published.Any(p => p.Values.ContainsKey(c))).ToArray();
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Method");
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in protocol.Published)
            table.AddRow([Terminal.Escape(row.Method), .. columns.Select(c => row.Values.TryGetValue(c, out var v) ? Figures.Short(v) : "")]);
        table.AddRow([$"[bold]{Terminal.Escape(spec.ToString())}[/]", .. columns.Select(c => $"[bold]{Figures.Short(result.Values[c])}[/]")]);
        terminal.Console.Write(table);
        var target = result.Intervals[protocol.Target];
        terminal.Console.MarkupLine(Figures.Plain(
            $"{protocol.Target} {target.Mean:0.0000}, 95 % interval {target.Low:0.0000} to {target.High:0.0000}, {result.Lists.Length} queries; fitted in {result.FitSeconds:0.0} s, lists in {result.ScoreSeconds:0.0} s."));
    }
}
