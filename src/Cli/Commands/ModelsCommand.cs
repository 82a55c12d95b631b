using System.CommandLine;
using Recs.Cli.Output;
using Recs.Engine.Embedded;
using Recs.Engine.Ranking.Objectives;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs models. Of a folder it reads the manifests alone, so a server may have it open.</summary>
internal static class ModelsCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("models", "List the models of a data folder or a server, newest first.");
        var target = new TargetOptions(command);
        var output = new OutputOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            IReadOnlyList<ModelInfo> models;
            if (target.IsServer(parsed))
            {
                var server = await target.OpenAsync(parsed, host, create: false, cancel).ConfigureAwait(false);
                await using (server.ConfigureAwait(false))
                    models = await server.Recommender.ModelsAsync(cancel).ConfigureAwait(false);
            }
            else
            {
                TargetOptions.RequireFolder(target.DataOf(parsed));
                models = FromFolder(DataFolder.Models(target.DataOf(parsed)));
            }

            output.Print(parsed, host, models, () => Print(host.Terminal, models));
            return RecsCommand.Ok;
        });
        command.Subcommands.Add(Promote(host));
        return command;
    }

    private static Command Promote(CliHost host)
    {
        var command = new Command("promote", "Let a version serve that was trained to look on (recs train --shadow); hosts take it up if it is the newest.");
        var version = new Argument<string>("version") { Description = "As recs models lists it." };
        var data = new Option<string>("--data") { Description = "The data folder.", DefaultValueFactory = _ => "data" };
        command.Arguments.Add(version);
        command.Options.Add(data);
        command.SetAction(parsed =>
        {
            var (folder, name) = (parsed.GetValue(data)!, parsed.GetValue(version)!);
            TargetOptions.RequireFolder(folder);
            var promoted = ModelFolder.Promote(DataFolder.Models(folder), name);
            // No longer named either: what serves is not compared with itself.
            if (ScoringBook.NamedShadow(DataFolder.Scoring(folder)) == name)
                ScoringBook.SetShadow(DataFolder.Scoring(folder), null);
            host.Terminal.Note(promoted ? $"{name} may serve now." : $"{name} could serve already.");
            return RecsCommand.Ok;
        });
        return command;
    }

    private static List<ModelInfo> FromFolder(string folder)
    {
        var models = new List<ModelInfo>();
        foreach (var version in ModelFolder.Versions(folder))
        {
            try
            {
                var manifest = ModelFolder.ReadManifest(Path.Combine(folder, version));
                models.Add(new ModelInfo(version, manifest.CreatedAt, "available", manifest.Items, manifest.Events, manifest.Metrics));
            }
            catch (InvalidDataException e)
            {
                models.Add(new ModelInfo(version, default, "refused", 0, 0, new Dictionary<string, double>(), e.Message));
            }
        }

        return models;
    }

    private static void Print(Terminal terminal, IReadOnlyList<ModelInfo> models)
    {
        if (models.Count == 0)
        {
            terminal.Note("There is no model yet; recs train makes one.");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("Version", "State", "Made", "Items", "Events", "Metrics");
        table.Columns[3].RightAligned();
        table.Columns[4].RightAligned();
        foreach (var model in models)
            table.AddRow(
                Terminal.Escape(model.Version), Terminal.Escape(model.State),
                model.CreatedAt == default ? "" : Figures.Plain($"{model.CreatedAt:yyyy-MM-dd HH:mm}"),
                Figures.Plain($"{model.Items:N0}"), Figures.Plain($"{model.TrainedEvents:N0}"),
                Terminal.Escape(model.Problem ?? string.Join(", ", model.Metrics.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} {Figures.Short(m.Value)}"))));
        terminal.Console.Write(table);
    }
}
