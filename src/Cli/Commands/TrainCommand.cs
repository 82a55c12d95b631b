using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Embedded;
using Recs.Training;
using Recs.Training.Ranking;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs train.</summary>
internal static class TrainCommand
{
    public static Command Create(CliHost host)
    {
        var data = new Option<string>("--data", "-d")
        {
            Description = "The data folder; a server may have it open and takes the model up by itself.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "data",
        };
        var rank = new Option<int?>("--rank") { Description = "Factors of the matrix factorisation, 4 to 512; 64 when absent." };
        var epochs = new Option<int?>("--epochs") { Description = "Passes of alternating least squares, 1 to 200." };
        var alpha = new Option<double?>("--alpha") { Description = "Confidence of an observed entry, above 0." };
        var unobserved = new Option<double?>("--unobserved-weight") { Description = "Weight of the entries not observed, above 0." };
        var lambda = new Option<double?>("--lambda") { Description = "Regularisation, above 0." };
        var exponent = new Option<double?>("--regularization-exponent") { Description = "How regularisation grows with frequency, 0 to 1." };
        var neighbours = new Option<int?>("--neighbours") { Description = "Neighbours kept per item, 1 to 1,000." };
        var linearLambda = new Option<double?>("--linear-lambda") { Description = "Ridge of the closed-form item weights, above 0." };
        var linearItems = new Option<int?>("--linear-items") { Description = "Most items that such weights are solved for; 0 for none." };
        var ranker = new Option<RankerKind?>("--ranker") { Description = "The second stage: logistic (the default), trees or dcn.", HelpName = "KIND" };
        var rows = new Option<RankerRows?>("--ranker-rows") { Description = "What it learns from: replayed pages (the default), or those shown, with their logged features.", HelpName = "ROWS" };
        var bias = new Option<PositionBias?>("--position-bias") { Description = "How position bias is undone in shown rows: none (the default), feature or propensity.", HelpName = "HOW" };
        var conversion = new Option<int?>("--conversion-hours") { Description = "A purchase this long after a response is put down to it; 24 when absent." };
        var shadow = new Option<bool>("--shadow") { Description = "The model only looks on: hosts score pages with it beside the serving one and compare." };
        var auto = new Option<bool>("--auto") { Description = "Choose settings and sources on a time split of the data; the manifest says why." };
        var seed = new Option<int?>("--seed") { Description = "Seed of everything drawn at random; 1 when absent." };
        var threads = new Option<int?>("--threads") { Description = "Worker threads; all cores when absent." };
        var command = new Command("train", "Train a model on a data folder's events.")
        {
            data, rank, epochs, alpha, unobserved, lambda, exponent, neighbours, linearLambda, linearItems, ranker, rows, bias, conversion, shadow, auto, seed, threads,
        };
        var output = new OutputOptions(command, progress: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = parsed.GetValue(data)!;
            TargetOptions.RequireFolder(folder);
            var defaults = new TrainingOptions { DataDirectory = folder };
            var options = defaults with
            {
                Rank = parsed.GetValue(rank) ?? defaults.Rank,
                Epochs = parsed.GetValue(epochs) ?? defaults.Epochs,
                Alpha = parsed.GetValue(alpha) ?? defaults.Alpha,
                UnobservedWeight = parsed.GetValue(unobserved) ?? defaults.UnobservedWeight,
                Lambda = parsed.GetValue(lambda) ?? defaults.Lambda,
                RegularizationExponent = parsed.GetValue(exponent) ?? defaults.RegularizationExponent,
                Neighbours = parsed.GetValue(neighbours) ?? defaults.Neighbours,
                LinearLambda = parsed.GetValue(linearLambda) ?? defaults.LinearLambda,
                LinearItems = parsed.GetValue(linearItems) ?? defaults.LinearItems,
                Ranker = parsed.GetValue(ranker) ?? defaults.Ranker,
                RankerRows = parsed.GetValue(rows) ?? defaults.RankerRows,
                PositionBias = parsed.GetValue(bias) ?? defaults.PositionBias,
                ConversionHours = parsed.GetValue(conversion) ?? defaults.ConversionHours,
                Shadow = parsed.GetValue(shadow),
                Auto = parsed.GetValue(auto),
                Seed = parsed.GetValue(seed) ?? defaults.Seed,
                Threads = parsed.GetValue(threads) ?? defaults.Threads,
            };
            var started = host.Time.GetTimestamp();
            var manifest = await output.Progress(parsed, host).RunAsync(show => Task.Run(
                () => host.Train(options, host.Time, new Reporter<TrainingProgress>(p => show(p.Stage, p.Done, p.Detail)), cancel), cancel))
                .ConfigureAwait(false);
            var seconds = host.Time.GetElapsedTime(started).TotalSeconds;
            var written = Path.Combine(DataFolder.Models(folder), manifest.Version);
            output.Print(parsed, host, new TrainLine(written, Math.Round(seconds, 3), manifest), () => Print(host.Terminal, manifest, written, seconds));
            return RecsCommand.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, ModelManifest manifest, string written, double seconds)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("Metric").AddColumn(new TableColumn("Value").RightAligned());
        foreach (var (name, value) in manifest.Metrics.OrderBy(m => m.Key, StringComparer.Ordinal))
            table.AddRow(Terminal.Escape(name), Figures.Short(value));
        terminal.Console.Write(table);
        terminal.Console.Write(new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn()
            .AddRow("Events", $"{manifest.Events:N0} of {manifest.Users:N0} users on {manifest.Items:N0} items, {manifest.DataFrom:yyyy-MM-dd} to {manifest.DataTo:yyyy-MM-dd}")
            .AddRow("Model", $"[bold]{Terminal.Escape(written)}[/]")
            .AddRow("Time", Figures.Plain($"{seconds:0.0} s")));
    }

    private sealed record TrainLine(string Folder, double Seconds, ModelManifest Manifest);
}
