using System.CommandLine;
using System.CommandLine.Parsing;
using Recs.Cli.Output;
using Recs.Engine.Retrieval.Vectors;
using Recs.Training.Import;
using Recs.Training.Import.MovieLens;

namespace Recs.Cli.Commands;

/// <summary>recs import movielens | items | events.</summary>
internal static class ImportCommand
{
    public static Command Create(CliHost host) => new("import", "Read items and events from files. The same file twice changes nothing.")
    {
        MovieLens(host),
        Items(host),
        Events(host),
    };

    private static Command MovieLens(CliHost host)
    {
        var folder = new Argument<string>("DIR") { Description = "A MovieLens folder as published: 100K, 1M or latest." };
        var end = Time("--end", "Time of the last event where the data has none (1M's events.tsv); now when absent.");
        var labels = new Option<string>("--label-map")
        {
            Description = "What the labels of events.tsv mean; 1=rating:4,0=rating:3,-1=view when absent.",
            HelpName = "MAP",
        };
        labels.Validators.Add(result => Try(result, () => ParseLabels(result.GetValueOrDefault<string>()!)));
        var command = new Command("movielens", "Import a MovieLens folder: films, genres, tags, years and ratings.") { folder, end, labels };
        var import = new ImportOptions(command);
        command.SetAction((parsed, cancel) => import.RunAsync(parsed, host, (target, rejects, progress) => Task.Run(async () =>
        {
            var data = MovieLensFolder.Read(
                parsed.GetRequiredValue(folder), host.Time.GetUtcNow(), rejects,
                parsed.GetValue(labels) is { } map ? ParseLabels(map) : null, parsed.GetValue(end), progress, cancel);
            var report = await Importer.SendItemsAsync(data.Items, target, progress, cancel).ConfigureAwait(false);
            return await Importer.SendEventsAsync(data.Events, UnknownItems.Create, target, rejects, report, progress, cancel).ConfigureAwait(false);
        }, cancel), cancel));
        return command;
    }

    private static Command Items(CliHost host)
    {
        var skip = new Option<string[]>("--skip")
        {
            Description = "A column that becomes no attribute (again and again, or with commas between).",
            HelpName = "COLUMN",
        };
        var space = new Option<VectorSpace[]>("--space")
        {
            Description = "Declares a named space of the data folder for the items' vectors, such as text:384:cosine (again and again).",
            HelpName = "NAME:DIM[:METRIC]",
            CustomParser = Spaces,
        };
        var command = new Command("items", "Import a catalogue: CSV, TSV or JSON Lines, .gz or not. See docs/import.md.");
        var file = new FileOptions(command);
        command.Add(skip);
        command.Add(space);
        var import = new ImportOptions(command) { Spaces = space };
        command.SetAction((parsed, cancel) => import.RunAsync(parsed, host, (target, rejects, progress) => Task.Run(async () =>
        {
            var options = new ItemImportOptions
            {
                Format = file.Format(parsed),
                Columns = file.Columns(parsed),
                Skip = (parsed.GetValue(skip) ?? []).SelectMany(s => s.Split(',')).ToHashSet(StringComparer.OrdinalIgnoreCase),
            };
            var items = ItemFile.Read(file.Path(parsed), options, rejects, progress, cancel);
            return await Importer.SendItemsAsync(items, target, progress, cancel).ConfigureAwait(false);
        }, cancel), cancel));
        return command;
    }

    private static Command Events(CliHost host)
    {
        var type = new Option<string>("--type")
        {
            Description = "What rows without a type are: view, click, purchase, rating and so on.",
            HelpName = "TYPE",
        };
        type.Validators.Add(result =>
        {
            if (!InteractionTypes.TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--type was '{result.GetValueOrDefault<string>()}'; legal is impression, view, click, addToCart, purchase, like, dislike, hide or rating.");
        });
        var order = new Option<string>("--order")
        {
            Description = "For a file without times: the numeric column to order by, or 'line'.",
            HelpName = "COLUMN",
        };
        var end = Time("--end", "With --order: time of the last event; now when absent.");
        var unknown = new Option<string>("--unknown-items")
        {
            Description = "Events on items that the catalogue lacks: create the item bare, or reject the row.",
            DefaultValueFactory = _ => "create",
        };
        unknown.AcceptOnlyFromAmong("create", "reject");
        var command = new Command("events", "Import what users did: CSV, TSV or JSON Lines, .gz or not. See docs/import.md.");
        var file = new FileOptions(command);
        command.Add(type);
        command.Add(order);
        command.Add(end);
        command.Add(unknown);
        command.Validators.Add(result =>
        {
            if (result.GetResult(end) is not null && result.GetResult(order) is null)
                result.AddError("--end goes with --order.");
        });
        var import = new ImportOptions(command);
        command.SetAction((parsed, cancel) => import.RunAsync(parsed, host, (target, rejects, progress) => Task.Run(async () =>
        {
            var options = new EventImportOptions
            {
                Format = file.Format(parsed),
                Columns = file.Columns(parsed),
                DefaultType = parsed.GetValue(type) is { } name && InteractionTypes.TryParse(name, out var known) ? known : null,
                OrderColumn = parsed.GetValue(order),
                End = parsed.GetValue(end),
                UnknownItems = parsed.GetValue(unknown) == "reject" ? UnknownItems.Reject : UnknownItems.Create,
            };
            var events = EventFile.Read(file.Path(parsed), options, host.Time.GetUtcNow(), rejects, progress, cancel);
            return await Importer.SendEventsAsync(events, options.UnknownItems, target, rejects, null, progress, cancel).ConfigureAwait(false);
        }, cancel), cancel));
        return command;
    }

    /// <summary>1=rating:4,0=view: a label, what it means, and after a colon the weight.</summary>
    internal static Dictionary<string, (InteractionType Type, double? Weight)> ParseLabels(string text)
    {
        var map = new Dictionary<string, (InteractionType, double?)>(StringComparer.Ordinal);
        foreach (var part in text.Split(','))
        {
            var label = part.Split('=');
            var meaning = label.Length == 2 ? label[1].Split(':') : [];
            double weight = 0;
            if (meaning.Length is 0 or > 2 || !InteractionTypes.TryParse(meaning[0], out var type)
                || (meaning.Length == 2 && !double.TryParse(meaning[1], System.Globalization.CultureInfo.InvariantCulture, out weight)))
                throw new ImportException($"--label-map was '{text}'; legal is LABEL=TYPE or LABEL=TYPE:WEIGHT, with commas between.");
            map[label[0].Trim()] = (type, meaning.Length == 2 ? weight : null);
        }

        return map;
    }

    private static VectorSpace[] Spaces(ArgumentResult result)
    {
        try
        {
            VectorSpace[] spaces = [.. result.Tokens.Select(token => SpaceRules.Parse(token.Value, "--space"))];
            SpaceRules.Check(spaces);
            return spaces;
        }
        catch (RecommenderException e)
        {
            result.AddError(e.Message);
            return [];
        }
    }

    internal static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (EventTimes.TryParse(text, out var ms))
                return DateTimeOffset.FromUnixTimeMilliseconds(ms);
            result.AddError($"'{text}' is no time; legal is ISO-8601, or seconds or milliseconds since 1970.");
            return null;
        },
    };

    private static void Try(OptionResult result, Action parse)
    {
        try
        {
            parse();
        }
        catch (ImportException e)
        {
            result.AddError(e.Message);
        }
    }
}
