using System.CommandLine;
using Recs.Training.Import;

namespace Recs.Cli.Commands;

/// <summary>The file of an import and how it is written.</summary>
internal sealed class FileOptions
{
    private readonly Argument<string> _file = new("FILE") { Description = "The file; .gz is unzipped on the way." };

    private readonly Option<string> _format = new("--format") { Description = "csv, tsv or jsonl, where the file's name does not tell." };

    private readonly Option<string> _delimiter = new("--delimiter") { Description = "Between columns, e.g. ';' or '::' or '\\t'.", HelpName = "TEXT" };

    private readonly Option<string> _columns = new("--columns")
    {
        Description = "Names of the columns, with commas between, for a file without a header row.",
        HelpName = "NAMES",
    };

    private readonly Option<string> _encoding = new("--encoding") { Description = "utf-8 when absent; latin1, utf-16, windows-1252 and so on.", HelpName = "NAME" };

    private readonly Option<string[]> _map = new("--map", "-m")
    {
        Description = "Which column is a field, e.g. --map userId=who (again and again); userId= says that none is.",
        HelpName = "FIELD=COLUMN",
    };

    public FileOptions(Command command)
    {
        _format.AcceptOnlyFromAmong("csv", "tsv", "jsonl");
        _map.Validators.Add(result =>
        {
            foreach (var pair in result.GetValueOrDefault<string[]>() ?? [])
                if (pair.IndexOf('=') < 1)
                    result.AddError($"--map was '{pair}'; legal is FIELD=COLUMN.");
        });
        command.Add(_file);
        command.Add(_format);
        command.Add(_delimiter);
        command.Add(_columns);
        command.Add(_encoding);
        command.Add(_map);
    }

    public string Path(ParseResult parsed) => parsed.GetRequiredValue(_file);

    public FileFormat Format(ParseResult parsed) => FileFormat.Choose(
        Path(parsed), parsed.GetValue(_format), parsed.GetValue(_delimiter), parsed.GetValue(_columns)?.Split(','), parsed.GetValue(_encoding));

    public Dictionary<string, string> Columns(ParseResult parsed)
    {
        var columns = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in parsed.GetValue(_map) ?? [])
        {
            var equals = pair.IndexOf('=');
            columns[pair[..equals].Trim()] = pair[(equals + 1)..].Trim();
        }

        return columns;
    }
}
