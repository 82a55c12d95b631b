using System.CommandLine;
using Recs.Cli.Output;

namespace Recs.Cli.Commands;

/// <summary>How a command speaks: tables or one line of JSON, with or without progress.</summary>
internal sealed class OutputOptions
{
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as one line of JSON." };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show no progress." };

    public OutputOptions(Command command, bool progress = false)
    {
        command.Add(_json);
        if (progress)
            command.Add(_quiet);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public ProgressView Progress(ParseResult parsed, CliHost host) => new(host.Terminal, host.Time, parsed.GetValue(_quiet));

    /// <summary>Prints the JSON when asked for, else what the action prints.</summary>
    public void Print<T>(ParseResult parsed, CliHost host, T value, Action print)
    {
        if (Json(parsed))
            host.Terminal.Output.WriteLine(Output.Json.Line(value));
        else
            print();
    }
}
